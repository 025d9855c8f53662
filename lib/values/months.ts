/** Month names of the languages that documents come in, as people write them. */
import { foldWord } from "./fold.ts";

/** Per month: full names, genitives and abbreviations of English, German, French, Spanish, Italian, Portuguese, Dutch, the Nordic languages, Polish, Czech, Hungarian, Romanian, Turkish and Russian, folded. */
const NAMES: readonly string[] = [
  "january jan januar janner janvier janv enero ene gennaio gen janeiro januari tammikuu tammikuuta styczen stycznia sty leden ledna ianuarie ocak январь января янв",
  "february feb februar feber fevrier fevr fev febrero febbraio fevereiro februari helmikuu helmikuuta luty lutego lut unor unora februarie subat февраль февраля фев",
  "march mar marz maerz mrz mars marzo marco maart mrt marts maaliskuu maaliskuuta marzec marca brezen brezna marcius martie mart март марта мар",
  "april apr avril avr abril abr aprile huhtikuu huhtikuuta kwiecien kwietnia kwi duben dubna aprilis aprilie nisan апрель апреля апр",
  "may mai mayo maggio mag maio mei maj toukokuu toukokuuta maja kveten kvetna majus mayis май мая",
  "june jun juni juin junio giugno giu junho kesakuu kesakuuta czerwiec czerwca cze cerven cervna junius iunie haziran июнь июня июн",
  "july jul juli juillet juil julio luglio lug julho heinakuu heinakuuta lipiec lipca lip cervenec cervence julius iulie temmuz июль июля июл",
  "august aug aout agosto ago augustus augusti elokuu elokuuta sierpien sierpnia sie srpen srpna augusztus agustos август августа авг",
  "september sep sept septembre septiembre set settembre sett setembro syyskuu syyskuuta wrzesien wrzesnia wrz zari szeptember septembrie eylul сентябрь сентября сен сент",
  "october oct oktober okt octobre octubre ottobre ott outubro out lokakuu lokakuuta pazdziernik pazdziernika paz rijen rijna octombrie ekim октябрь октября окт",
  "november nov novembre noviembre novembro marraskuu marraskuuta listopad listopada lis listopadu noiembrie kasim ноябрь ноября ноя нояб",
  "december dec dezember dez decembre diciembre dic dicembre dezembro desember des joulukuu joulukuuta grudzien grudnia gru prosinec prosince decembrie aralik декабрь декабря дек",
];

const MONTHS: ReadonlyMap<string, number> = new Map(NAMES.flatMap((names, index) => names.split(" ").map((name) => [foldWord(name), index + 1] as const)));

/** The month (1 to 12) that a folded word names, undefined for any other word. */
export function monthOf(word: string): number | undefined {
  return MONTHS.get(word);
}
