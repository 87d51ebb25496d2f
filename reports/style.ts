/**
 * The one style sheet of all pages. Colors are variables, so that light, dark and print differ in ten lines; series colors keep a contrast of
 * at least 5:1 to their ground in both themes.
 */
export const style = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f6f7f9;--ink:#16191d;--soft:#575f6b;--rule:#d9dde3;--heat:#0b4fa3;--wrong:#b04a06;
--s0:#0b62c4;--s1:#b45309;--s2:#0f766e;--s3:#a21caf;--s4:#4d7c0f;--s5:#475569;--s6:#c81e3a;--s7:#6d28d9;--good:#0f6b45;--bad:#b3261e;--warn:#8a5200}
@media screen and (prefers-color-scheme:dark){:root{--ground:#121212;--panel:#1c1e21;--ink:#eceef1;--soft:#a5adb8;--rule:#363b42;--heat:#6cb2ff;--wrong:#ffb454;
--s0:#6cb2ff;--s1:#ffb454;--s2:#4fd1c5;--s3:#f0a6ff;--s4:#a3d65c;--s5:#b0bac8;--s6:#ff7b72;--s7:#b9a3ff;--good:#6fdc9f;--bad:#ff9389;--warn:#ffc466}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,nav{max-width:1040px;margin:0 auto;padding:0 16px}
header{padding-top:24px}
h1{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:19px;margin:40px 0 6px;padding-top:12px;border-top:1px solid var(--rule)}
h3{font-size:15px;margin:22px 0 4px;overflow-wrap:anywhere}
p{margin:6px 0;max-width:75ch;overflow-wrap:anywhere}
.subtitle,.note{color:var(--soft)}
.note{font-size:13px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:14px 0 0;padding:0;font-size:14px}
a{color:var(--s0)}
code,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px;overflow-wrap:anywhere}
pre.code{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:10px 12px;overflow-x:auto;white-space:pre}
.verdict{margin:18px 0 0;padding:12px 16px;border:1px solid var(--rule);border-left:6px solid var(--soft);border-radius:6px;background:var(--panel)}
.verdict.good{border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}.verdict.warn{border-left-color:var(--warn)}
.verdict strong{display:block;font-size:17px}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,150px),1fr));gap:10px 20px;margin:14px 0}
.facts.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
.facts div{border-left:2px solid var(--rule);padding-left:10px;min-width:0}
.facts .long{grid-column:1/-1}
.facts dt{color:var(--soft);font-size:12.5px;overflow-wrap:anywhere}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.facts small{display:block;color:var(--soft);font-size:12px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,370px),1fr));gap:8px 32px;align-items:start}
figure{margin:14px 0;min-width:0}
figcaption{font-weight:600;font-size:14px;overflow-wrap:anywhere}
.charts.flow{display:block;columns:370px 2;column-gap:32px}
.charts.flow>*{break-inside:avoid;margin:0;padding:8px 0}
.plot{overflow-x:auto}
svg{display:block;font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg.fitting{width:100%;max-width:480px;height:auto}
svg.natural{max-width:100%;height:auto}
text{fill:var(--ink)}
.tick{fill:var(--soft);font-size:11px}.label{fill:var(--soft);font-size:11.5px}
.grid{stroke:var(--rule);stroke-width:1}
.diagonal,.marker{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.muted{stroke:var(--soft);stroke-width:1;opacity:.45}
.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1);stroke-dasharray:7 3}.line.s2{stroke:var(--s2);stroke-dasharray:2 2.5}
.line.s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}.line.s4{stroke:var(--s4);stroke-dasharray:4 2}
.dot.s0,.area.s0{fill:var(--s0)}.dot.s1,.area.s1{fill:var(--s1)}.dot.s2,.area.s2{fill:var(--s2)}.dot.s3,.area.s3{fill:var(--s3)}.dot.s4,.area.s4{fill:var(--s4)}
circle.area{fill-opacity:.75}
.glyph{font-size:9.5px}
.area.s5{fill:var(--s5)}.area.s6{fill:var(--s6)}.area.s7{fill:var(--s7)}
.glyph.s0{fill:var(--s0)}.glyph.s1{fill:var(--s1)}.glyph.s2{fill:var(--s2)}.glyph.s3{fill:var(--s3)}.glyph.s4{fill:var(--s4)}.glyph.s5{fill:var(--s5)}.glyph.s6{fill:var(--s6)}.glyph.s7{fill:var(--s7)}
rect.area{stroke:var(--ground);stroke-width:.6}
rect.few{fill-opacity:.3}
.area.counts{fill:var(--soft)}
.whisker{fill:none;stroke:var(--ink);stroke-width:1.5}
.cell{stroke:var(--rule);stroke-width:.5}.cell.first{fill:var(--heat)}.cell.second{fill:var(--wrong)}
.ink-turned{fill:var(--ground)}.small{font-size:9.5px}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:2px 0;padding:0;font-size:12.5px;overflow-wrap:anywhere}
.legend li{display:flex;align-items:center;gap:6px}
details{margin:4px 0;font-size:13px}
summary{cursor:pointer;color:var(--soft)}
.scroll{overflow-x:auto;margin:6px 0}
details .scroll{max-height:360px;overflow-y:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13.5px}
caption{text-align:left;color:var(--soft);padding-bottom:4px}
th,td{padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
thead th{color:var(--soft);font-size:12.5px;white-space:nowrap}
tbody th,td{max-width:26em;overflow-wrap:break-word}
.prose{min-width:17em}
.number{text-align:right;white-space:nowrap}
.badge{display:inline-block;padding:0 8px;border-radius:9px;border:1px solid currentColor;font-size:12px;white-space:nowrap}
.badge.good{color:var(--good)}.badge.bad{color:var(--bad)}.badge.warn{color:var(--warn)}.badge.soft{color:var(--soft)}
.alerts{list-style:none;margin:12px 0;padding:0}
.alerts a{color:inherit}
.alerts li:last-child{border-bottom:0}
.alerts li{padding:7px 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:12px;list-style:none;margin:10px 0;padding:0}
.gallery.strip{grid-template-columns:repeat(auto-fill,minmax(64px,1fr));gap:6px}
.gallery li{min-width:0;font-size:12.5px;line-height:1.35;overflow-wrap:anywhere}
.gallery img{display:block;width:100%;max-width:128px;height:auto;border:1px solid var(--rule);border-radius:3px;background:var(--panel)}
.pixelated{image-rendering:pixelated}
footer{max-width:1040px;margin:40px auto 0;padding:12px 16px 32px;color:var(--soft);font-size:13px;border-top:1px solid var(--rule)}
:focus-visible{outline:2px solid var(--s0);outline-offset:2px}
@media print{body{font-size:11pt}nav{display:none}figure,.gallery li,tr{break-inside:avoid}h2,h3{break-after:avoid}.plot,.scroll{overflow:visible}.charts.flow{columns:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
