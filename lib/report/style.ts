/** The report's style sheet: one look for light, dark, narrow and paper. */

/** Frame and label colours, dark enough for white letters (4.5 to 1) and for a frame on white paper. */
const PALETTE = ["#1d5fd1", "#b4430f", "#177a3c", "#9b21b0", "#0b7285", "#8f6400", "#be123c", "#5a3fd6", "#4b720c", "#475569"];

const COLOURS = PALETTE.map((colour, index) => `.colour-${index}{--own:${colour}}`).join("\n");

/** The whole style sheet, without the places of boxes. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f5f5f2;--card:#fff;--ink:#1b1d21;--soft:#5b6068;--line:#deded8;--hover:#fafaf7;--accent:#1d5fd1;--good:#17693a;--goodback:#e6f3ea;--warn:#8a5a00;--warnback:#fdf3dc;--bad:#b3261e;--badback:#fcebe9;--shade:0 1px 2px #0000000f,0 6px 20px #0000000a}
@media (prefers-color-scheme:dark){:root{--paper:#121316;--card:#1b1d21;--ink:#e8e9ec;--soft:#a2a7b0;--line:#30333a;--hover:#202329;--accent:#8ab4ff;--good:#7fd49d;--goodback:#173023;--warn:#f0c068;--warnback:#33290f;--bad:#ff9c94;--badback:#3a1c1a;--shade:0 1px 2px #00000066}}
${COLOURS}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1,h2,h3,p,ul,ol,dl,dd,pre{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.4rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:.95rem;font-weight:650}
a{color:inherit;text-decoration:none}
code{font:.82em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--paper);border:1px solid var(--line);border-radius:4px;padding:0 .3em;white-space:nowrap}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.note{color:var(--soft);font-size:.82rem}
:focus{outline:none}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:12px;z-index:9;background:var(--card);padding:.5em 1em;border-radius:8px;box-shadow:var(--shade)}
.top{padding:22px 28px 18px;border-bottom:1px solid var(--line);background:var(--card)}
.top .line{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;margin-top:8px;color:var(--soft);font-size:.88rem}
.brand{font-size:.75rem;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);font-weight:600;margin-bottom:4px}
.pill{display:inline-block;border-radius:99px;padding:.1em .7em;font-weight:600;font-size:.8rem;background:var(--warnback);color:var(--warn)}
.pill.is-completed{background:var(--goodback);color:var(--good)}
.pill.is-failed{background:var(--badback);color:var(--bad)}
.counts{display:flex;flex-wrap:wrap;gap:2px 14px}
.counts b{color:var(--ink);font-variant-numeric:tabular-nums}
.counts .is-uncertain,.counts .is-uncertain b{color:var(--warn)}
.counts .is-failed,.counts .is-failed b{color:var(--bad)}
.both{display:grid;grid-template-columns:clamp(360px,37vw,520px) minmax(0,1fr);align-items:start}
.left{padding:20px 20px 40px 28px;display:grid;gap:22px;min-width:0}
.right{position:sticky;top:0;height:100vh;overflow:auto;border-left:1px solid var(--line);scroll-padding:72px 0 24px}
.values{display:grid;gap:10px}
.values>li{min-width:0}
.value{position:relative;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px 11px 17px;overflow:hidden;scroll-margin:16px;cursor:pointer}
.value::before{content:"";position:absolute;left:0;top:0;bottom:0;width:4px;background:var(--own);opacity:.85}
.value:hover{background:var(--hover)}
.value.is-absent,.value.is-skipped{border-style:dashed;cursor:default}
.value.is-absent::before,.value.is-skipped::before{background:var(--line)}
.value.is-current,.value:target{border-color:var(--own);box-shadow:0 0 0 1px var(--own),var(--shade)}
.value header{display:flex;flex-wrap:wrap;align-items:center;gap:2px 8px}
.value h3{font-size:.88rem;font-weight:600;overflow-wrap:anywhere;min-width:0}
.tag{display:inline-grid;place-items:center;min-width:1.55em;height:1.55em;padding:0 .35em;border-radius:6px;background:var(--own);color:#fff;font:700 .72rem/1 system-ui,sans-serif;font-variant-numeric:tabular-nums}
.is-absent .tag,.is-skipped .tag{background:transparent;color:var(--soft);box-shadow:inset 0 0 0 1px var(--line)}
.type{color:var(--soft);font-size:.78rem}
.grade{margin-left:auto;display:inline-flex;align-items:center;gap:5px;font-size:.78rem;font-weight:600;color:var(--soft)}
.grade svg{width:19px;height:12px}
.grade .on{fill:currentColor}.grade .off{fill:var(--line)}
.grade.is-excellent,.grade.is-good{color:var(--good)}.grade.is-fair{color:var(--warn)}.grade.is-poor{color:var(--bad)}
.answer{margin-top:3px;font-size:1.2rem;line-height:1.35;font-weight:600;letter-spacing:-.005em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;white-space:pre-wrap;max-height:16rem;overflow:auto}
.answer.is-medium{font-size:1.02rem}
.answer.is-long{font-size:.95rem;font-weight:500}
.answer.is-empty{color:var(--soft);font-weight:400;font-style:italic}
.answer.is-list{font-size:1rem}
.status .proof{margin-right:4px}
.status{margin-top:4px;font-size:.88rem;color:var(--soft);overflow-wrap:anywhere}
.is-uncertain>.status{color:var(--warn);background:var(--warnback);border-radius:6px;padding:5px 9px;margin-top:8px}
.is-failed>.status{color:var(--bad);background:var(--badback);border-radius:6px;padding:5px 9px;margin-top:8px}
.cites{margin-top:8px;display:grid;gap:4px}
.cite{display:grid;grid-template-columns:auto minmax(0,1fr) auto;gap:8px;align-items:baseline;font-size:.84rem;border-radius:6px;margin:0 -6px;padding:3px 6px}
a.cite:hover,a.cite.is-current{background:color-mix(in srgb,var(--own) 10%,transparent)}
a.cite .where{text-decoration:underline;text-underline-offset:2px;text-decoration-color:var(--soft)}
.where{font-weight:600;white-space:nowrap}
q{color:var(--soft);font-family:ui-serif,Georgia,"Times New Roman",serif;font-size:.98em;overflow:hidden;display:-webkit-box;-webkit-line-clamp:3;-webkit-box-orient:vertical;overflow-wrap:anywhere}
.proof{white-space:nowrap;font-size:.75rem;font-weight:600;border-radius:99px;padding:.05em .6em;color:var(--good);background:var(--goodback)}
.proof.is-normalized{color:var(--good);background:transparent;box-shadow:inset 0 0 0 1px var(--line)}
.proof.is-fuzzy{color:var(--warn);background:transparent;box-shadow:inset 0 0 0 1px var(--warn)}
.proof.is-none{color:var(--warn);background:var(--warnback);box-shadow:inset 0 0 0 1px var(--warn)}
details{margin-top:7px;font-size:.86rem}
summary{cursor:pointer;color:var(--soft);width:fit-content;border-radius:4px}
summary:hover{color:var(--ink)}
.behind{display:grid;gap:7px;padding-top:6px;overflow-wrap:anywhere;white-space:pre-line}
.alternative{font-weight:600}
.scores{display:grid;gap:3px}
.score{display:grid;grid-template-columns:9em 1fr;gap:8px;align-items:center}
.score dt{color:var(--soft)}
.score dd{display:flex;align-items:center;gap:8px;font-variant-numeric:tabular-nums}
.score .why{grid-column:1/-1;color:var(--soft);font-size:.8rem}
.score svg{flex:1;height:6px;border-radius:3px}
.score .on{fill:var(--accent)}.score .off{fill:var(--line)}
.scroll{overflow:auto;max-height:22rem;border:1px solid var(--line);border-radius:8px;margin-top:8px;background:var(--card)}
pre.scroll{padding:8px 10px;font:.8rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse;width:100%;font-size:.82rem}
th,td{padding:5px 7px;text-align:start;vertical-align:top;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{position:sticky;top:0;background:var(--paper);color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:500}
.number{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
.words{min-width:9em}
.scroll+.note{margin-top:3px}
.issues{background:var(--warnback);border-radius:10px;padding:12px 14px;font-size:.86rem;overflow-wrap:anywhere}
.issues ul{margin-top:6px;display:grid;gap:6px}
.run{font-size:.88rem;border-top:1px solid var(--line);padding-top:16px}
.facts{display:grid;gap:3px;padding-top:6px}
.facts div{display:grid;grid-template-columns:9em minmax(0,1fr);gap:8px}
.facts dt{color:var(--soft)}
.facts dd{overflow-wrap:anywhere}
.bar{position:sticky;top:0;z-index:5;display:flex;align-items:center;gap:10px;padding:9px 20px;background:color-mix(in srgb,var(--paper) 92%,transparent);backdrop-filter:blur(6px);border-bottom:1px solid var(--line);font-size:.86rem}
.bar[hidden]{display:none}
.bar output{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-weight:600}
.bar button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:7px;min-width:34px;height:32px;padding:0 10px;cursor:pointer}
.bar button:hover{background:var(--hover)}
kbd{font:.75rem ui-monospace,Menlo,Consolas,monospace;color:var(--soft);border:1px solid var(--line);border-bottom-width:2px;border-radius:4px;padding:0 .4em}
.sheets{padding:4px 28px 60px}
.page{max-width:960px;margin:16px auto 26px}
.page>h3{font-size:.85rem;font-weight:650;margin-bottom:7px}
.page>h3 span{color:var(--soft);font-weight:400}
.gap{display:flex;align-items:center;gap:12px;max-width:960px;margin:0 auto;color:var(--soft);font-size:.8rem}
.gap::before,.gap::after{content:"";flex:1;border-top:1px dashed var(--line)}
.sheet{position:relative;background:#fff;border-radius:3px;box-shadow:0 0 0 1px #0000001a,var(--shade)}
.sheet img{display:block;width:100%;height:auto;border-radius:3px}
.box{position:absolute;border-radius:3px;background:color-mix(in srgb,var(--own) 13%,transparent);box-shadow:0 0 0 1.5px color-mix(in srgb,var(--own) 85%,#fff),inset 0 0 0 1px #fff9;scroll-margin:110px}
.box .tag{position:absolute;height:1.45em;min-width:1.45em;border-radius:4px;font-size:.66rem;scroll-margin:30vh}
.box .at-left{right:calc(100% + 3px);top:50%;transform:translateY(-50%)}
.box .at-right{left:calc(100% + 3px);top:50%;transform:translateY(-50%)}
.box .at-above{left:0;bottom:calc(100% + 1px)}
.box .at-below{left:0;top:calc(100% + 1px)}
.box .at-inside{left:0;top:50%;transform:translateY(-50%)}
.box:hover{background:color-mix(in srgb,var(--own) 24%,transparent)}
.box.is-current,.box:has(:target){background:color-mix(in srgb,var(--own) 28%,transparent);box-shadow:0 0 0 2.5px var(--own),0 0 0 4.5px #fffc;z-index:2}
.has-current .box:not(.is-current){opacity:.45}
.has-current .box:not(.is-current):hover,.has-current .box:focus-visible{opacity:1}
.is-text{padding:22px 24px;background:var(--card)}
.is-text pre{font:.84rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
.is-text .note{margin-bottom:10px}
.is-text hr{border:0;border-top:1px dashed var(--line);margin:14px 0}
.mark{background:color-mix(in srgb,var(--own) 18%,transparent);border-bottom:2px solid var(--own);border-radius:2px;scroll-margin:30vh}
.mark .tag{margin-right:4px;height:1.35em;min-width:1.35em;vertical-align:.1em}
.mark.is-current,span:target+.mark{background:color-mix(in srgb,var(--own) 38%,transparent)}
.empty{max-width:32em;margin:18vh auto 0;text-align:center;color:var(--soft)}
@media (max-width:899px){
.both{display:flex;flex-direction:column}
.top{padding:16px 16px 14px}
.left{display:contents}
.left>*{margin:14px 12px 6px}
.left>.run{order:1;padding-bottom:20px}
.right{position:static;height:auto;overflow:visible;border-left:0;border-top:1px solid var(--line)}
.sheets{padding:4px 12px 24px}
.bar{position:fixed;left:0;right:0;top:auto;bottom:0;padding:8px 12px calc(8px + env(safe-area-inset-bottom));border-top:1px solid var(--line);border-bottom:0}
.bar button{height:40px;min-width:44px}
.bar .keys{display:none}
body{padding-bottom:64px}
.page{margin:12px auto 20px}
.box .tag{font-size:.55rem;min-width:1.3em;height:1.3em}
.box{border-radius:2px;box-shadow:0 0 0 1px var(--own)}
.box.is-current{box-shadow:0 0 0 2px var(--own)}
.is-text{padding:14px}
.cite{grid-template-columns:auto 1fr}
.cite q{grid-column:1/-1;order:3}
.cite .proof{justify-self:end}
}
@media (min-width:900px){.bar .turn{display:none}}
@media (prefers-color-scheme:dark){.sheet img{filter:brightness(.93)}}
@media (prefers-reduced-motion:no-preference){.right,html{scroll-behavior:smooth}.box,.value{transition:background .15s,opacity .15s,box-shadow .15s}}
@media (forced-colors:active){.box{outline:2px solid LinkText}.box.is-current{outline:4px solid Highlight}}
@media print{
:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--good:#17693a;--warn:#8a5a00;--bad:#b3261e}
body{font-size:10pt;padding:0}
.both{display:block}
.right{position:static;height:auto;overflow:visible;border:0}
.bar,.skip{display:none}
.scroll,.answer{max-height:none;overflow:visible}
.value,.issues{break-inside:avoid}
.page{break-inside:avoid;break-before:page;max-width:none;margin:0}
.sheets{padding:0}
.sheet:has(img){width:fit-content;margin:0 auto}
.sheet img{width:auto;max-width:100%;max-height:228mm;filter:none}
.top,.left{padding-left:0;padding-right:0}
.values{grid-template-columns:1fr 1fr;align-items:start}
.values>li:has(table){grid-column:1/-1}
.box,.tag,.mark{print-color-adjust:exact;-webkit-print-color-adjust:exact;opacity:1!important}
}
`;
