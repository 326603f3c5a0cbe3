// `{{n}}`, `{{ts}}`, `{{iso}}`, `{{rand 0 100}}`, `{{rand 20.0 25.0}}`, `{{pick red green}}`, `{{uuid}}` in topics and payloads that are published.
// A text is parsed once and filled in for each message; a mistake is found before the first one is sent.

export interface TemplateValues {
  /** Of the message, from 1. */
  readonly n: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
}

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'n' | 'ts' | 'iso' | 'uuid' }
  | { readonly kind: 'rand'; readonly from: number; readonly to: number; readonly decimals: number }
  | { readonly kind: 'pick'; readonly words: readonly string[] }

export interface Template {
  readonly parts: readonly Part[]
  /** What is wrong, naming it; null = nothing. */
  readonly problem: string | null
}

const HOLE = /\{\{([^{}]*)\}\}/g

export const PLACEHOLDERS: readonly string[] = ['{{n}}', '{{ts}}', '{{iso}}', '{{rand 0 100}}', '{{pick on off}}', '{{uuid}}']

export function parseTemplate(text: string): Template {
  const parts: Part[] = []
  let problem: string | null = null
  let at = 0
  for (const found of text.matchAll(HOLE)) {
    if (found.index > at) parts.push({ kind: 'text', text: text.slice(at, found.index) })
    at = found.index + found[0].length
    const part = partOf(found[1]!.trim().split(/\s+/))
    if (part === null) problem ??= `${found[0]} is not known: use ${PLACEHOLDERS.join(' ')}`
    else parts.push(part)
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) })
  return { parts, problem }
}

export function hasPlaceholders(text: string): boolean {
  return text.search(HOLE) >= 0
}

export function fillIn(template: Template, values: TemplateValues): string {
  return template.parts.map((part) => textOf(part, values)).join('')
}

function partOf(words: readonly string[]): Part | null {
  const [name, ...rest] = words
  switch (name) {
    case 'n':
    case 'ts':
    case 'iso':
    case 'uuid':
      return rest.length === 0 ? { kind: name } : null
    case 'rand': {
      const [from, to] = rest.map(Number)
      if (rest.length !== 2 || from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to) || to < from) return null
      return { kind: 'rand', from, to, decimals: Math.max(...rest.map((text) => (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0))) }
    }
    case 'pick':
      return rest.length > 0 ? { kind: 'pick', words: rest } : null
    default:
      return null
  }
}

function textOf(part: Part, { n, now, random }: TemplateValues): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'n':
      return String(n)
    case 'ts':
      return String(Math.floor(now))
    case 'iso':
      return new Date(now).toISOString()
    case 'uuid':
      return uuid(random)
    case 'rand':
      return part.decimals === 0
        ? String(part.from + Math.floor(random() * (part.to - part.from + 1)))
        : (part.from + random() * (part.to - part.from)).toFixed(part.decimals)
    case 'pick':
      return part.words[Math.floor(random() * part.words.length)]!
  }
}

/** Version 4. */
function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, (_, i) => (i === 12 ? 4 : i === 16 ? 8 + Math.floor(random() * 4) : Math.floor(random() * 16)).toString(16)).join(
    '',
  )
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}
