/** Answers that mean "the document does not say". */
import type { Json } from "../schema/json.ts";
import { collapse, foldDigits, foldWord } from "./fold.ts";

const PHRASES = new Set(
  [
    " |na|n/a|n.a.|n.a|n / a|#n/a|nil|null|none|undefined|nan|unknown|-|--|---|?|...|tbd",
    "not found|not available|not applicable|not specified|not mentioned|not provided|not stated|not given|not present|not included in the document|no answer|no data|no information|no value|missing|absent",
    "k.a.|k. a.|ka|keine angabe|keine angaben|nicht angegeben|nicht vorhanden|nicht verfugbar|nicht gefunden|unbekannt|entfallt|n.v.|keine",
    "neant|non disponible|non renseigne|non specifie|non precise|non indique|non applicable|inconnu|introuvable|s.o.|sans objet|aucun|aucune",
    "no disponible|no aplica|no especificado|no encontrado|no indicado|no consta|desconocido|s/d|ninguno|ninguna",
    "non indicato|non specificato|non presente|non trovato|sconosciuto|nessuno|nessuna|n.d.|n.d|nd",
    "nao informado|nao disponivel|nao consta|nao encontrado|nao especificado|nao aplicavel|nenhum|nenhuma|desconhecido",
    "niet beschikbaar|niet vermeld|niet gevonden|niet van toepassing|n.v.t.|nvt|onbekend|geen",
    "brak|brak danych|nie dotyczy|nie podano|nieznany|nie znaleziono|b.d.|n.d",
    "saknas|uppgift saknas|ej angivet|hittades inte|ikke oppgitt|ikke angivet|ikke fundet|ikke funnet|ukjent|ukendt|okand|ingen|ei saatavilla|ei mainittu|puuttuu",
    "不明|なし|無し|該当なし|記載なし|无|無|未提供|未提及|不适用|暂无|없음|해당 없음|нет данных|не указано|неизвестно",
  ]
    .join("|")
    .split("|")
    .map(foldWord),
);

const SENTENCE =
  /^(?:the|this|provided|given)\b.{0,60}\b(?:does not|doesn't|do not|did not|is not|are not|was not)\b.{0,20}\b(?:mention|contain|specify|specified|provide|provided|state|stated|include|give|found|available|say|mentioned|present)|^not (?:explicitly )?(?:mentioned|specified|found|stated|provided|given|available|present)\b.{0,20}\b(?:in|by) the\b|^no .{1,60}\b(?:is|was|are|were) (?:mentioned|specified|found|stated|provided|given|available|present)\b/;

/** True where an answer means that there is no value: null, "", "N/A", "nicht angegeben", "The document does not mention …", an empty list. "None" counts also for a yes/no question: it is no certain no. */
export function meansAbsent(raw: Json): boolean {
  if (raw === null) return true;
  if (typeof raw === "string") {
    if (raw.length > 400) return false;
    const whole = foldWord(collapse(foldDigits(raw)));
    const text = whole.replace(/^["'([{<]+|["')\]}>]+$/g, "") || whole;
    return PHRASES.has(text) || PHRASES.has(text.replace(/[.!]$/, "")) || SENTENCE.test(text);
  }
  if (Array.isArray(raw)) return raw.every(meansAbsent);
  return typeof raw === "object" && Object.keys(raw).length === 0;
}

/** True where the document itself prints the answer as a word of its quote, as the country code NA or the name None would be. Bare signs never count. */
export function isPrinted(raw: Json, quote: string | undefined): boolean {
  if (typeof raw !== "string" || quote === undefined) return false;
  const word = collapse(raw);
  if (!/[\p{L}\p{N}]/u.test(word)) return false;
  const text = collapse(quote);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + word.length, at + word.length + 2);
    if (!/[\p{L}\p{N}/]$/u.test(before) && !/^[\p{L}\p{N}/]/u.test(after)) return true;
  }
  return false;
}
