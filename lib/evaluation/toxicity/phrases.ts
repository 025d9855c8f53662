/** Words and phrases that offend, as data. Obscene words and slurs of English come from the package obscenity; these are insults, threats and contempt, and the plainest words of other languages. */

/** What a phrase does. */
export type ToxicKind = "profanity" | "insult" | "threat" | "hate";

/**
 * By language, as they are compared: lower case without accents, apart by "|"; "_" at the end stands for a plural. A phrase beginning with "~" is mild: it offends
 * only where it is said of somebody, or with others; one with "~~" is as often the subject of a paper and counts little.
 */
export const PHRASES: Readonly<Record<string, Readonly<Partial<Record<ToxicKind, string>>>>> = {
  en: {
    insult:
      "idiot_|idiotic|moron_|moronic|imbecile_|stupid|stupidest|stupidity|~dumb|~dumber|dumbest|~dummy|dumbass_|dimwit_|nitwit_|halfwit_|half wit_|dunce_|~fool_|~foolish|~clown_|buffoon_|pathetic|loser_|" +
      "scum|scumbag_|sleazy|sleazebag_|slimeball_|~slimy|~~vermin|maggot_|~~parasite_|~cockroach_|~~pig_|~swine|~~rat_|~~snake_|jackass_|~jerk_|~creep_|~creepy|weirdo_|~freak_|psycho_|~psychopath_|~sociopath_|lunatic_|" +
      "nutjob_|nut job_|nutcase_|~~nut_|wacko_|~deranged|~demented|~~dementia|~senile|~insane|liar_|~lying|~lies|traitor_|coward_|cowardly|~crook_|~crooked|~~corrupt|~thug_|~goon_|~~fraud_|disgusting|~disgrace|disgraceful|despicable|" +
      "~vile|~revolting|~repulsive|~~worthless|~~useless|brainless|clueless|~ignorant|ignoramus|~~garbage|~~trash|~trashy|~~filth|~filthy|piece of trash|piece of garbage|piece of dung|waste of space|waste of skin|~brainwashed|sheeple|" +
      "libtard_|libturd_|conservatard_|republitard_|covidiot_|~snowflake_|crybaby|cry baby|fatso|~fatty|~ugly|lardass|dipstick|twit_|tosser_|wanker_|pillock_|plonker_|knobhead_|bellend_|douche_|douchebag_|skank_|bimbo_|~hag_|" +
      "degenerate_|pervert_|perv_|pedo_|pedophile_|paedophile_|groomer_|pos|shut up|shut your mouth|get a life|you suck|no brain_|lost their mind_|lost your mind|~evil|~hypocrite_|~ashamed|~~joke|~trainwreck|~~failure|~~sick|~liberal elite|~~communist|~~criminal_|~bozo_|~shame on you|~sucker_|~meth head_|~wing nut",
    profanity:
      "wtf|stfu|gtfo|foff|fck_|fcking|fking|effing|bullcrap|~crap|~crappy|~damn|~damned|goddamn|~hell|asshat_|asswipe_|asshole_|a hole_|ahole_|~bloody|piss off|screw you|bite me|shove it|kiss my",
    threat:
      "kill yourself|kys|kill you|kill them|kill him|kill her|kill all|hang yourself|drop dead|go die|die already|hope you die|hope he dies|hope she dies|hope they die|deserve to die|deserves to die|should be shot|should be hanged|" +
      "shoot you|shoot them|beat you up|burn in hell|rot in hell|roast in hell|go to hell|be in hell|rot in prison|i will find you|watch your back|get sick and die|string them up|put a bullet|slit your|break your neck|~~die|~~murder|~~kill_|~~hang|~~jail|~~prison",
    hate: "racist_|~~racism|nazi_|~~hitler|~~fascist_|~~terrorist_|bigot_|~bigoted|baby killer_|baby murderer_|subhuman_|~inbred_|white trash|trailer trash|redneck_|hillbilly|go back to your country|~you people|~illegals|feminazi_|~~savages|~barbarian_|~~infidel_|commie_|~thieving|~~hate|~~cult",
  },
  de: {
    insult:
      "arschloch|arschlocher|wichser|idiot|idioten|dummkopf|vollidiot|vollidioten|trottel|schwachkopf|schwachkopfe|schlampe_|hurensohn|missgeburt|drecksau|dreckskerl|blodmann|vollpfosten|halt die fresse|halts maul|halt dein maul",
    profanity: "scheisse|scheiss|fick dich|verpiss dich|leck mich",
    threat: "bring dich um|bringe dich um|verrecke|verreck|mach dich fertig|stich dich ab",
    hate: "untermensch|untermenschen|auslander raus|kanake_|judensau",
  },
  fr: {
    insult: "connard_|connasse_|salaud_|salope_|abruti_|cretin_|imbecile_|encule_|ordure_|debile_|ta gueule|ferme ta gueule|fils de pute",
    profanity: "putain|merde|va te faire foutre|nique ta mere",
    threat: "je vais te tuer|va mourir|creve",
    hate: "sale arabe|sale juif|sale noir|bougnoule_",
  },
  es: {
    insult: "idiota_|imbecil|imbeciles|estupido_|estupida_|gilipollas|cabron|cabrones|pendejo_|capullo_|hijo de puta|hija de puta|zorra_|subnormal",
    profanity: "mierda|joder|vete a la mierda|que te jodan|carajo",
    threat: "te voy a matar|muerete|ojala te mueras",
    hate: "sudaca_|negro de mierda|moro de mierda",
  },
  it: {
    insult: "stronzo|stronza|stronzi|coglione|coglioni|idiota|idioti|deficiente|deficienti|bastardo|bastardi|figlio di puttana|cretino|troia",
    profanity: "cazzo|merda|vaffanculo|che palle",
    threat: "ti ammazzo|devi morire",
    hate: "sporco negro|terrone di merda",
  },
  nl: {
    insult: "klootzak|klootzakken|eikel_|sukkel_|hoer|trut|kutwijf|mongool|idioot|idioten|hou je bek|rot op",
    profanity: "godverdomme|kut|val dood",
    threat: "ik maak je dood|ik vermoord je",
    hate: "kutmarokkaan|kankerjood",
  },
};

/** Phrases of papers that hold such words and mean no harm, as they are compared. */
export const ALLOWED: readonly string[] =
  "fool proof|dummy variable|dumb waiter|dumb terminal|pig iron|snake oil|lying down|low lying|money laundering and terrorist financing|terrorist financing|corrupt file|foreign corrupt practices|corrupt practices|fraud prevention|fraud detection".split(
    "|",
  );
