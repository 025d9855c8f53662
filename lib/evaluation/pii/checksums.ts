/** Check digits and check sums of numbers that people and accounts are known by. Each takes letters and digits without separators. */
import { createHash } from "node:crypto";

function digitsOf(text: string): number[] {
  return Array.from(text, Number);
}

function weighted(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
}

/** The check digit of payment cards (ISO/IEC 7812, Luhn). */
export function isLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0);
  return /[1-9]/.test(text) && sum % 10 === 0;
}

/** NHS number of England: ten digits, modulus 11. */
export function isNhsNumber(text: string): boolean {
  const digits = digitsOf(text);
  const check = (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return digits.length === 10 && /[1-9]/.test(text) && check === digits[9];
}

/** Routing number of a bank in the US (ABA): nine digits, weights 3, 7, 1. */
export function isRoutingNumber(text: string): boolean {
  const digits = digitsOf(text);
  return digits.length === 9 && /[1-9]/.test(text) && weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
}

/** Registration of the US Drug Enforcement Administration: a letter, a letter or 9, seven digits of which the last is the check digit. */
export function isMedicalLicense(text: string): boolean {
  const digits = digitsOf(text.slice(2));
  return digits.length === 7 && weighted(digits, [1, 2, 1, 2, 1, 2]) % 10 === digits[6];
}

/** Tax identification number of Germany: eleven digits, one of the first ten twice or thrice; check digit by ISO 7064 (MOD 11, 10). */
export function isGermanTaxId(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 11 || digits[0] === 0) return false;
  const different = new Set(digits.slice(0, 10)).size;
  if (different < 8 || different > 9) return false;
  const product = digits.slice(0, 10).reduce((before, digit) => (((digit + before) % 10 || 10) * 2) % 11, 10);
  return (11 - product) % 10 === digits[10];
}

/** Personal number of Poland (PESEL): eleven digits. */
export function isPesel(text: string): boolean {
  const digits = digitsOf(text);
  return digits.length === 11 && (10 - (weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === digits[10];
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** A Bitcoin address of the older form: 25 bytes in base 58, the last four of which check the others. */
export function isBase58Address(text: string): boolean {
  let value = 0n;
  for (const character of text) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) return false;
    value = value * 58n + BigInt(digit);
  }
  const hex = value.toString(16).padStart(50, "0");
  if (hex.length !== 50) return false;
  const bytes = Buffer.from(hex, "hex");
  return sha256(sha256(bytes.subarray(0, 21)))
    .subarray(0, 4)
    .equals(bytes.subarray(21));
}

const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** What the check of BIP 173 (bech32) and of BIP 350 (bech32m) must come to. */
const CONSTANTS: ReadonlySet<number> = new Set([1, 0x2bc830a3]);

/** A Bitcoin address of the newer form (BIP 173 and 350), lower case, beginning with bc1. */
export function isBech32Address(text: string): boolean {
  let check = 1;
  const feed = (value: number) => {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATOR.entries()) if ((top >>> bit) & 1) check ^= generator;
  };
  for (const value of [3, 3, 0, "b".charCodeAt(0) & 31, "c".charCodeAt(0) & 31]) feed(value);
  for (const character of text.slice(3)) {
    const value = BECH32.indexOf(character);
    if (value < 0) return false;
    feed(value);
  }
  return CONSTANTS.has(check >>> 0);
}
