/** Which text recognition is installed: it is optional, and so is every language. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PermanentError } from "../schema/errors.ts";
import type { RecognitionData } from "./pdf-protocol.ts";

/** The package that recognises text, and the one with the data of a language (its code of three letters). */
export const RECOGNITION_PACKAGE = "tesseract.js";
const dataPackage = (code: string): string => `@tesseract.js-data/${code}`;
/** The variant of the data that fits a recogniser without the legacy engine. */
const DATA_FOLDER = "4.0.0_best_int";

/** Codes of the recognition's languages by ISO 639-1 code (tesseract 4 data files, ISO 639-2 with exceptions). */
const CODES: ReadonlyMap<string, string> = new Map(
  (
    "af:afr am:amh ar:ara az:aze be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas fi:fin fr:fra " +
    "ga:gle gl:glg gu:guj he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ja:jpn ka:kat kk:kaz km:khm kn:kan ko:kor ky:kir la:lat lo:lao lt:lit lv:lav " +
    "mk:mkd ml:mal mr:mar ms:msa mt:mlt my:mya nb:nor ne:nep nl:nld no:nor pa:pan pl:pol pt:por ro:ron ru:rus si:sin sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa " +
    "ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd uz:uzb vi:vie yi:yid zh:chi_sim"
  )
    .split(" ")
    .map((entry): [string, string] => [entry.slice(0, entry.indexOf(":")), entry.slice(entry.indexOf(":") + 1)]),
);

/** The recognition's code of a language such as "de", "de-AT", "deu" or "zh-Hant". */
export function recognitionCode(language: string): string {
  const [base = "", region = ""] = language.toLowerCase().split("-");
  if (base === "zh" && ["hant", "tw", "hk"].includes(region)) return "chi_tra";
  return CODES.get(base) ?? base;
}

/** What to install for a language, as a command. */
export function installCommand(language: string): string {
  return `npm install ${RECOGNITION_PACKAGE} ${dataPackage(recognitionCode(language))}`;
}

/** The recognition for a language, English where none is asked for; undefined where no recognition is installed at all. Throws PermanentError "not_supported" that names the package where only the language is missing. */
export function findRecognition(language: string | undefined, fileName: string): RecognitionData | undefined {
  if (folderOf(RECOGNITION_PACKAGE) === undefined) return undefined;
  const code = recognitionCode(language ?? "en");
  if (folderOf(dataPackage(code)) === undefined && language === undefined) return undefined;
  const folder = dataFolder(code);
  if (folder === undefined) throw missingLanguage(language ?? "en", fileName);
  return { code, folder, check: language === undefined };
}

/** Whether scans in a language can be read here. */
export function canRecognise(language: string): boolean {
  return folderOf(RECOGNITION_PACKAGE) !== undefined && dataFolder(recognitionCode(language)) !== undefined;
}

/** Where the data of a language is; undefined where it is not installed, or not whole. */
function dataFolder(code: string): string | undefined {
  const folder = join(folderOf(dataPackage(code)) ?? "", DATA_FOLDER);
  return existsSync(join(folder, `${code}.traineddata.gz`)) ? folder : undefined;
}

/** The error for scanned text in a language whose data is not installed. */
export function missingLanguage(language: string, fileName: string): PermanentError {
  const wanted = dataPackage(recognitionCode(language));
  return new PermanentError(
    "not_supported",
    `${fileName} holds scanned text, and recognising the language "${language}" needs the package ${wanted}: install it with "npm install ${wanted}" and run the document again with extraction_settings.language "${language}".`,
  );
}

function folderOf(name: string): string | undefined {
  try {
    return dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));
  } catch {
    return undefined;
  }
}
