// How shapes of a ladder look: design tokens by style. On the screen they are custom properties, in an export their present values.
// A table; nothing else knows a colour.

type Letter = 'a' | 'b' | 'c' | 'd' | 'e' | 'n'

export type StyleName =
  | 'lane'
  | 'waiting'
  | 'gap'
  | 'gap-box'
  | 'gap-text'
  | 'cross'
  | 'time'
  | 'name'
  | 'detail'
  | 'lost'
  | 'lane-name'
  | 'lane-note'
  | 'note-box'
  | 'note-text'
  | 'alert-box'
  | 'alert-text'
  | 'arrow-lost'
  | 'tail-lost'
  | `bar-${Letter}`
  | `arrow-${Letter}`
  | `head-${Letter}`
  | `tail-${Letter}`
  | `dup-${Letter}`

/** Tokens without their dashes; sizes in pixels. */
export interface Style {
  readonly fill?: string
  readonly stroke?: string
  readonly width?: number
  readonly dash?: string
  readonly size?: number
  readonly weight?: number
}

const TEXT = { size: 12, weight: 400 }

const FIXED: Readonly<Record<string, Style>> = {
  lane: { stroke: 'line-2', width: 1.5 },
  waiting: { stroke: 'danger', width: 7, dash: '2 3' },
  gap: { stroke: 'line-2', width: 1, dash: '2 3' },
  'gap-box': { fill: 'surface', stroke: 'line-2', width: 1 },
  'gap-text': { ...TEXT, fill: 'text-2' },
  cross: { stroke: 'danger', width: 1.8 },
  time: { ...TEXT, fill: 'text-3' },
  name: { ...TEXT, fill: 'text', weight: 600 },
  detail: { ...TEXT, fill: 'text-2' },
  lost: { ...TEXT, fill: 'danger', weight: 600 },
  'lane-name': { size: 13, fill: 'text', weight: 600 },
  'lane-note': { ...TEXT, fill: 'text-3' },
  'note-box': { fill: 'warn-tint', stroke: 'warn-line', width: 0.5 },
  'note-text': { ...TEXT, fill: 'warn' },
  'alert-box': { fill: 'danger-tint', stroke: 'danger-line', width: 0.5 },
  'alert-text': { ...TEXT, fill: 'danger' },
  'arrow-lost': { stroke: 'danger', width: 1.4, dash: '5 4' },
  'tail-lost': { fill: 'danger', stroke: 'surface', width: 1.5 },
}

export function styleOf(name: StyleName): Style {
  const fixed = FIXED[name]
  if (fixed !== undefined) return fixed
  const letter = name.at(-1) as Letter
  const colour = letter === 'n' ? 'text-2' : `c-${letter}`
  if (name.startsWith('arrow-')) return { stroke: colour, width: 1.4 }
  if (name.startsWith('head-')) return { fill: colour, stroke: 'surface', width: 1 } // told from the bars it may lie on
  if (name.startsWith('tail-')) return { fill: colour, stroke: 'surface', width: 1.5 }
  if (name.startsWith('dup-')) return { ...TEXT, fill: colour, weight: 600 }
  return { fill: colour }
}
