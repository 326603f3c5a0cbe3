// A ladder for reports and slides: as SVG text with the colours of the present theme, and as a Mermaid sequence diagram.
// Texts come from the network: each is escaped for the language it goes into.

import type { Bar } from './ladder-bars.ts'
import { type LadderModel, stepText, TYPE_NAMES } from './ladder-model.ts'
import { type Geometry, gapShapes, groundShapes, HEAD_HEIGHT, headShapes, type LadderTexts, type Shape, secondsText, stepShapes } from './ladder-shapes.ts'
import { type StyleName, styleOf } from './ladder-styles.ts'

export interface Theme {
  /** Value of a design token, such as `text-2`. */
  readonly colour: (token: string) => string
  readonly font: string
}

/** A whole SVG document. */
export function ladderSvgText(model: LadderModel, bars: readonly Bar[], geometry: Geometry, texts: LadderTexts, { colour, font }: Theme): string {
  const height = geometry.height + HEAD_HEIGHT
  const body = [
    ...groundShapes(model, bars, geometry),
    ...model.gaps.flatMap((gap) => gapShapes(gap, geometry, texts)),
    ...model.steps.flatMap((step) => stepShapes(step, geometry, texts)),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${geometry.width} ${height}" width="${geometry.width}" height="${height}" font-family="${escaped(font)}">`,
    `<rect width="${geometry.width}" height="${height}" fill="${escaped(colour('surface'))}"/>`,
    ...headShapes(model, geometry, texts).map((shape) => svgOf(shape, colour)),
    `<g transform="translate(0 ${HEAD_HEIGHT})">`,
    ...body.map((shape) => svgOf(shape, colour)),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function svgOf(shape: Shape, colour: Theme['colour']): string {
  switch (shape.kind) {
    case 'line':
      return `<line x1="${shape.x1}" y1="${shape.y1}" x2="${shape.x2}" y2="${shape.y2}"${attributes(shape.style, colour)}/>`
    case 'rect':
      return `<rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}" rx="${shape.radius}"${attributes(shape.style, colour)}/>`
    case 'circle':
      return `<circle cx="${shape.x}" cy="${shape.y}" r="${shape.radius}"${attributes(shape.style, colour)}/>`
    case 'path':
      return `<path d="${shape.d}"${attributes(shape.style, colour)}/>`
    case 'text': {
      const runs = shape.runs.map(({ style, text }) => `<tspan${attributes(style, colour)}>${escaped(text)}</tspan>`)
      return `<text x="${shape.x}" y="${shape.y}" text-anchor="${shape.anchor}" xml:space="preserve">${runs.join('')}</text>`
    }
  }
}

function attributes(name: StyleName, colour: Theme['colour']): string {
  const { fill, stroke, width, dash, size, weight } = styleOf(name)
  const parts = [
    ` fill="${fill === undefined ? 'none' : escaped(colour(fill))}"`,
    stroke === undefined ? '' : ` stroke="${escaped(colour(stroke))}" stroke-width="${width ?? 1}"`,
    dash === undefined ? '' : ` stroke-dasharray="${dash}"`,
    size === undefined ? '' : ` font-size="${size}" font-weight="${weight ?? 400}"`,
  ]
  return parts.join('')
}

/** XML knows no control characters, not even escaped. */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}\ufffe\uffff]/gu, '·').replace(/[&<>"]/g, (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[found]!)
}

/** A Mermaid sequence diagram; times are notes only where a pause is. */
export function ladderMermaidText({ lanes, steps, gaps }: LadderModel, texts: LadderTexts): string {
  const lines = ['sequenceDiagram']
  for (const [i, lane] of lanes.entries()) lines.push(`  participant p${i} as ${plain(lane.name)}`)
  const rows = [...steps.map((step) => ({ row: step.row, line: mermaidStep(step, texts) }))]
  for (const { row, seconds, waits } of gaps)
    rows.push({
      row,
      line: `  Note over p0${lanes.length > 1 ? `,p${lanes.length - 1}` : ''}: ${plain(secondsText(seconds))}${waits === null ? '' : `, ${plain(texts.none(waits))}`}`,
    })
  rows.sort((a, b) => a.row - b.row)
  return `${[...lines, ...rows.map(({ line }) => line)].join('\n')}\n`
}

function mermaidStep(step: LadderModel['steps'][number], texts: LadderTexts): string {
  const { name, detail } = stepText(step)
  const { type, text, dup } = step.message
  const topic = type === TYPE_NAMES.indexOf('PUBLISH') ? ` ${text}` : ''
  const words = `${name} ${detail}${topic}${dup ? ` ${texts.dup}` : ''}${step.isLost ? ` (${texts.lost})` : ''}`
  return `  p${step.from}${step.isLost ? '-x' : '->>'}p${step.to}: ${plain(words)}`
}

/** What Mermaid would read as its own language is written as an entity; it begins lines and ends statements. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '·').replace(/[#;<>:{}%"]/g, (found) => `#${found.codePointAt(0)};`)
}
