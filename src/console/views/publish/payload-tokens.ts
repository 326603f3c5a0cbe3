// Colours of the payload that is being typed: tokens of JSON that need not be whole yet, and placeholders.
// Lines of tokens; together they are the text, character for character.

import type { PayloadKind } from './publish-form.ts'

export interface TypedToken {
  readonly kind: 'plain' | 'key' | 'string' | 'number' | 'literal' | 'hole'
  readonly text: string
}

const HOLE = String.raw`\{\{[^{}]*\}\}`
const PATTERNS: Readonly<Record<'json' | 'text', RegExp>> = {
  json: new RegExp(
    String.raw`(?<hole>${HOLE})|(?<key>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\\n]|\\.)*"?)|(?<number>-?\d[\d.eE+-]*)|(?<literal>\b(?:true|false|null)\b)`,
    'g',
  ),
  text: new RegExp(`(?<hole>${HOLE})`, 'g'),
}
const KINDS = ['hole', 'key', 'string', 'number', 'literal'] as const

/** Placeholders within strings keep their own colour. */
export function payloadLines(text: string, kind: PayloadKind): TypedToken[][] {
  const lines: TypedToken[][] = [[]]
  for (const token of tokens(text, kind)) {
    const [first = '', ...others] = token.text.split('\n')
    add(lines.at(-1)!, token.kind, first)
    for (const line of others) {
      lines.push([])
      add(lines.at(-1)!, token.kind, line)
    }
  }
  return lines
}

function tokens(text: string, kind: PayloadKind): TypedToken[] {
  if (kind !== 'json' && kind !== 'text') return [{ kind: 'plain', text }]
  const found: TypedToken[] = []
  let at = 0
  for (const match of text.matchAll(PATTERNS[kind])) {
    if (match.index > at) found.push({ kind: 'plain', text: text.slice(at, match.index) })
    at = match.index + match[0].length
    const name = KINDS.find((one) => match.groups?.[one] !== undefined) ?? 'plain'
    if (name === 'key' || name === 'string') found.push(...withHoles(match[0], name))
    else found.push({ kind: name, text: match[0] })
  }
  found.push({ kind: 'plain', text: text.slice(at) })
  return found
}

function withHoles(text: string, kind: 'key' | 'string'): TypedToken[] {
  return tokens(text, 'text').map((token) => (token.kind === 'hole' ? token : { kind, text: token.text }))
}

function add(line: TypedToken[], kind: TypedToken['kind'], text: string): void {
  if (text !== '') line.push({ kind, text })
}
