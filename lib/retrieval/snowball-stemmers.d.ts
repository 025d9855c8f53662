/** The part of the package that is used; it comes without types. */
declare module "snowball-stemmers" {
  /** A stemmer for a language by its English name in lower case ("german"); throws for one that it has not. */
  export function newStemmer(language: string): { stem(word: string): string };
}
