// What is typed into the filters of Topics and Messages: words that must occur, and comparisons such as `value > 21`, `qos:1`, `size >= 100`.
// Display filters of the analyser stay with the Packets screen: these here read what a message is at a glance.

/** What a term may ask of a message or topic. */
export interface Findable {
  readonly topic: string
  /** The text of the payload; asked for only when a word is not in the topic. */
  readonly text: () => string
  readonly value: number
  readonly qos: number
  readonly size: number
  readonly rate: number
  readonly count: number
  readonly retain: boolean
  readonly dup: boolean
  readonly isOut: boolean
}

export type FieldName = 'value' | 'qos' | 'size' | 'rate' | 'count'
type Operator = '<' | '<=' | '>' | '>=' | '=' | '!='

type Term =
  | { readonly kind: 'word'; readonly word: string; readonly negated: boolean }
  | { readonly kind: 'topic'; readonly word: string; readonly negated: boolean }
  | { readonly kind: 'flag'; readonly flag: 'retain' | 'dup' | 'out' | 'in'; readonly negated: boolean }
  | { readonly kind: 'number'; readonly field: FieldName; readonly operator: Operator; readonly number: number; readonly negated: boolean }

export interface Terms {
  readonly isEmpty: boolean
  /** What is wrong, in words that name it; null = nothing. Then `passes` lets all through. */
  readonly problem: string | null
  passes(what: Findable): boolean
}

const FIELDS: readonly string[] = ['value', 'qos', 'size', 'rate', 'count']
const FLAGS: Readonly<Record<string, 'retain' | 'dup' | 'out' | 'in'>> = {
  retain: 'retain',
  retained: 'retain',
  dup: 'dup',
  out: 'out',
  sent: 'out',
  in: 'in',
  received: 'in',
}
const OPERATORS: Readonly<Record<string, Operator>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=', '=': '=', '==': '=', ':': '=', '!=': '!=' }
/** A quoted text, a comparison (blanks allowed), `is:flag`, `topic:word`, or a word; each with `-` or `!` before it. */
const TERM = /\s*([-!]?)(?:"([^"]*)"?|(value|qos|size|rate|count)\s*(<=|>=|!=|==|<|>|=|:)\s*([^\s,]*)|(is|topic):(\S*)|([^\s,]+))\s*,?/giy

export function parseTerms(text: string): Terms {
  const terms: Term[] = []
  let problem: string | null = null
  TERM.lastIndex = 0
  const source = text.trim()
  while (TERM.lastIndex < source.length) {
    const found = TERM.exec(source)
    if (found === null || found[0] === '') break
    const [, sign, quoted, field, operator, operand, prefix, name, word] = found
    const negated = sign !== ''
    if (field !== undefined) {
      const number = Number(operand)
      if (operand === '' || Number.isNaN(number)) problem ??= `${field} ${operator} ${operand === '' ? '…' : operand}: a number is missing`
      else terms.push({ kind: 'number', field: field.toLowerCase() as FieldName, operator: OPERATORS[operator!]!, number, negated })
    } else if (prefix?.toLowerCase() === 'is') {
      const flag = FLAGS[name!.toLowerCase()]
      if (flag === undefined) problem ??= `is:${name}: use is:retained, is:dup, is:sent or is:received`
      else terms.push({ kind: 'flag', flag, negated })
    } else if (prefix !== undefined) terms.push({ kind: 'topic', word: name!.toLowerCase(), negated })
    else {
      const wanted = (quoted ?? word ?? '').toLowerCase()
      if (wanted !== '') terms.push({ kind: 'word', word: wanted, negated })
    }
  }
  return {
    isEmpty: terms.length === 0 && problem === null,
    problem,
    passes: (what) => problem !== null || terms.every((term) => holds(term, what) !== term.negated),
  }
}

/** The names that can be compared, for completion and help. */
export const FIELD_NAMES: readonly string[] = FIELDS

function holds(term: Term, what: Findable): boolean {
  switch (term.kind) {
    case 'word':
      return what.topic.toLowerCase().includes(term.word) || what.text().toLowerCase().includes(term.word)
    case 'topic':
      return what.topic.toLowerCase().includes(term.word)
    case 'flag':
      return term.flag === 'retain' ? what.retain : term.flag === 'dup' ? what.dup : what.isOut === (term.flag === 'out')
    case 'number':
      return compare(what[term.field], term.operator, term.number)
  }
}

/** NaN, a missing value, passes nothing. */
function compare(left: number, operator: Operator, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '=':
      return left === right
    case '!=':
      return !Number.isNaN(left) && left !== right
  }
}
