// A ladder as a drawing: SVG for pages, Mermaid for documents.
// Everything from the network is escaped: it is text, never markup.

import type { Ladder } from '../analyse/ladder.ts'

const STEP = 260
const LINE = 34
const TOP = 60
const MARGIN = 40

/** A whole SVG document, light and dark by the reader's preference. */
export function ladderSvg({ ends, rungs, omitted }: Ladder): string {
  const x = (end: number): number => MARGIN + 90 + end * STEP
  const width = x(Math.max(0, ends.length - 1)) + STEP / 2 + MARGIN
  const height = TOP + rungs.length * LINE + MARGIN
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="12">`,
    '<style>:root{color-scheme:light dark}svg{background:light-dark(#fff,#16181d)}text{fill:light-dark(#1b1f24,#e6e8eb)}line{stroke:light-dark(#c3c9d1,#454b54)}.a{stroke:light-dark(#0b63ce,#6cb0ff);stroke-width:1.5;marker-end:url(#h)}.e{stroke:light-dark(#c0262d,#ff7b80)}.t{fill:light-dark(#687079,#98a1ab)}path{fill:light-dark(#0b63ce,#6cb0ff)}</style>',
    '<defs><marker id="h" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
  ]
  for (const [i, end] of ends.entries())
    lines.push(
      `<text x="${x(i)}" y="${TOP - 30}" text-anchor="middle" font-weight="600">${escaped(shortened(end, 34))}</text><line x1="${x(i)}" y1="${TOP - 20}" x2="${x(i)}" y2="${height - 10}"/>`,
    )
  for (const [i, { frame, time, from, to, text, mark }] of rungs.entries()) {
    const y = TOP + (i + 0.6) * LINE
    const middle = (x(from) + x(to)) / 2
    lines.push(
      `<text class="t" x="6" y="${y}">${frame}</text><text class="t" x="6" y="${y + 12}" font-size="10">${time.toFixed(4)} s</text>`,
      `<text x="${middle}" y="${y - 6}" text-anchor="middle">${escaped(shortened(text, Math.max(30, Math.floor((Math.abs(x(to) - x(from)) - 20) / 7))))}</text>`,
      `<line class="a${mark === 'error' ? ' e' : ''}" x1="${x(from)}" y1="${y}" x2="${x(to)}" y2="${y}"${mark === 'repeat' ? ' stroke-dasharray="6 4"' : ''}/>`,
    )
  }
  if (omitted > 0) lines.push(`<text class="t" x="${MARGIN}" y="${height - 8}">${omitted} more packets are not drawn</text>`)
  lines.push('</svg>')
  return `${lines.join('\n')}\n`
}

/** A Mermaid sequence diagram. */
export function ladderMermaid({ ends, rungs, omitted }: Ladder): string {
  const lines = ['sequenceDiagram']
  for (const [i, end] of ends.entries()) lines.push(`  participant e${i} as ${plain(end)}`)
  for (const { frame, from, to, text, mark } of rungs)
    lines.push(`  e${from}${mark === 'repeat' ? '-->>' : mark === 'error' ? '-x' : '->>'}e${to}: ${frame} ${plain(text)}`)
  if (omitted > 0) lines.push(`  Note over e0: ${omitted} more packets are not drawn`)
  return `${lines.join('\n')}\n`
}

function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}

function escaped(text: string): string {
  return text.replace(/[\p{Cc}\ufffe\uffff]/gu, '·').replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!)
}

/** What Mermaid would read as markup is written as an entity. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}]/gu, '·').replace(/[#;<>:{}]/g, (character) => `#${character.codePointAt(0)};`)
}
