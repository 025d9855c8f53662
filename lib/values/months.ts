/** Month names of the languages that documents come in, as people write them. */
import { foldWord } from "./fold.ts";
import { primaryLanguage } from "./types.ts";

/** Per month: full names, genitives and abbreviations of the European languages, Turkish and Indonesian, folded (foldWord). */
const NAMES: readonly (readonly string[])[] = [
  [
    "january jan januar janner janvier janv enero ene gennaio gen janeiro januari tammikuu tammikuuta styczen stycznia sty leden ledna ianuarie",
    "ocak январь января янв ian oca januara січня січ січень ιανουαριου ιαν януари jaanuar jaan janvaris sausio sausis gener sijecnja sij",
    "sijecanj eanair ean urtarrila urt xaneiro xan",
  ],
  [
    "february feb februar feber fevrier fevr fev febrero febbraio fevereiro februari helmikuu helmikuuta luty lutego lut unor unora februarie",
    "subat февраль февраля фев febr sub февр februara лютого лют лютии φεβρουαριου φεβ февруари veebruar veebr februaris vasario vasaris febrer",
    "veljace velj veljaca feabhra feabh otsaila ots febreiro",
  ],
  [
    "march mar marz maerz mrz mars marzo marco maart mrt marts maaliskuu maaliskuuta marzec marca brezen brezna marcius martie mart март марта",
    "мар marc marec березня бер березень μαρτιου μαρ kovo kovas maret ozujka ozu ozujak marta martxoa",
  ],
  [
    "april apr avril avr abril abr aprile huhtikuu huhtikuuta kwiecien kwietnia kwi duben dubna aprilis aprilie nisan апрель апреля апр nis",
    "aprila квітня квіт квітень απριλιου απρ април aprill balandzio balandis travnja tra travanj aibrean aib apirila api",
  ],
  [
    "may mai mayo maggio mag maio mei maj toukokuu toukokuuta maja kveten kvetna majus mayis май мая травня трав травень μαιου μαι maijs geguzes",
    "geguze maig svibnja svi svibanj bealtaine beal maiatza",
  ],
  [
    "june jun juni juin junio giugno giu junho kesakuu kesakuuta czerwiec czerwca cze cerven cervna junius iunie haziran июнь июня июн iun haz",
    "juna junij червня черв червень ιουνιου ιουν юни juuni junijs birzelio birzelis juny lipnja lipanj meitheamh meith ekaina eka xuno",
  ],
  [
    "july jul juli juillet juil julio luglio lug julho heinakuu heinakuuta lipiec lipca lip cervenec cervence julius iulie temmuz июль июля июл",
    "juill iul tem jula julij липня лип липень ιουλιου ιουλ юли juuli julijs liepos liepa juliol srpnja srp srpanj iuil uztaila uzt xullo xul",
  ],
  [
    "august aug aout agosto ago augustus augusti elokuu elokuuta sierpien sierpnia sie srpen srpna augusztus agustos август августа авг agu",
    "augusta avgust avg серпня серп серпень αυγουστου αυγ augusts rugpjucio rugpjutis agost agustus agust kolovoza kol kolovoz lunasa lun abuztua",
    "abu",
  ],
  [
    "september sep sept septembre septiembre set settembre sett setembro syyskuu syyskuuta wrzesien wrzesnia wrz zari szeptember septembrie eylul",
    "сентябрь сентября сен сент szept eyl septembra вересня вер вересень σεπτεμβριου σεπ септември septembris rugsejo rugsejis setembre septembar",
    "rujna ruj rujan mfomh iraila ira",
  ],
  [
    "october oct oktober okt octobre octubre ottobre ott outubro out lokakuu lokakuuta pazdziernik pazdziernika paz rijen rijna octombrie ekim",
    "октябрь октября окт eki oktobra жовтня жовт жовтень οκτωβριου οκτ октомври oktoober oktobris spalio spalis oktobar dfomh urria urr",
  ],
  [
    "november nov novembre noviembre novembro marraskuu marraskuuta listopad listopada lis listopadu noiembrie kasim ноябрь ноября ноя нояб kas",
    "novembra листопада лист листопад νοεμβριου νοε ноември novembris lapkricio lapkritis novembar studenoga stu studeni samhain samh azaroa aza",
  ],
  [
    "december dec dezember dez decembre diciembre dic dicembre dezembro desember des joulukuu joulukuuta grudzien grudnia gru prosinec prosince",
    "decembrie aralik декабрь декабря дек ara decembra грудня груд грудень δεκεμβριου δεκ декември detsember dets decembris gruodzio gruodis",
    "desembre decembar prosinca pro prosinac nollaig noll abendua abe decembro",
  ],
];

/** Names that mean another month in these languages: Polish and Czech November is Croatian October. */
const CROATIAN: ReadonlyMap<string, number> = new Map([
  ["listopad", 10],
  ["listopada", 10],
  ["lis", 10],
  ["lip", 6],
]);

const MONTHS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap((names, index) =>
    names
      .join(" ")
      .split(" ")
      .map((name) => [foldWord(name), index + 1] as const),
  ),
);

/** The month (1 to 12) that a folded word names, undefined for any other word. `language` decides the few names that two languages use for different months. */
export function monthOf(word: string, language: string): number | undefined {
  const own = ["hr", "bs"].includes(primaryLanguage(language)) ? CROATIAN.get(word) : undefined;
  return own ?? MONTHS.get(word);
}
