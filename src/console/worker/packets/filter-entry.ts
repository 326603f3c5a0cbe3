// Help for who types a display filter: is it one, and how might the word under the caret go on.
// Names come from the dissectors' tables, values from the fields' value names.

import { FIELDS, type Field, fieldsNamed } from '../../../dissect/field.ts'
import { compileFilter } from '../../../filter/filter.ts'
import { FilterError } from '../../../filter/filter-error.ts'
import type { Completion, Completions, FilterVerdict } from './packet-calls.ts'

const MOST = 60
/** What people of this console look for comes first. */
const PREFERRED: readonly string[] = ['mqtt', 'zz', 'mqttsn', 'coap', 'tcp', 'ip', 'frame', 'websocket', 'http', 'tls', 'udp']
const OPERATORS: readonly (readonly [text: string, label: string])[] = [
  ['==', 'equal'],
  ['!=', 'not equal'],
  ['contains', 'holds a part'],
  ['matches', 'regular expression'],
  ['in', 'one of {…}'],
  ['>', 'greater'],
  ['<', 'less'],
]
const JOINTS: readonly (readonly [text: string, label: string])[] = [
  ['&&', 'and'],
  ['||', 'or'],
]
const FUNCTIONS: readonly string[] = ['len', 'count', 'lower', 'upper', 'string', 'min', 'max', 'abs']

export function checkFilter(text: string): FilterVerdict {
  if (text.trim() === '') return { state: 'empty' }
  try {
    const { fields } = compileFilter(text)
    const unquoted = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
    return /!=(?!=)|\bne\b/.test(unquoted) && !/\ball_ne\b/.test(unquoted) ? { state: 'risky', hint: 'not-equal' } : { state: 'valid', fields }
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    return { state: 'wrong', message: error.message, offset: error.offset, length: error.length, suggestion: error.suggestion }
  }
}

/** How the word before the caret may go on; nothing inside of quotes, but for value names. */
export function completeFilter(text: string, caret: number): Completions {
  const before = text.slice(0, caret)
  const none: Completions = { from: caret, to: caret, items: [] }
  const value = /([\w.-]+)\s*(?:==|!=|===|!==|>=?|<=?|\beq|\bne|\bin\s*\{(?:[^{}]*,)?)\s*"?([^"\s{}(),&|]*)$/.exec(before)
  if (value !== null) {
    const [, name = '', typed = ''] = value
    const items = valuesOf(name, typed)
    // nothing is left to complete
    if (items.length === 1 && items[0]!.text === typed) return none
    return { from: caret - typed.length - (before.at(-typed.length - 1) === '"' ? 1 : 0), to: caret, items }
  }
  if (isInQuotes(before)) return none
  const [word = ''] = /[\w.-]*$/.exec(before) ?? []
  const rest = /^[\w.-]*/.exec(text.slice(caret))?.[0].length ?? 0
  const ahead = before.slice(0, before.length - word.length).trimEnd()
  const place: Omit<Completions, 'items'> = { from: caret - word.length, to: caret + rest }
  if (word === '') {
    const named = /([\w.-]+)$/.exec(ahead)?.[1]
    if (ahead !== before && named !== undefined && fieldsNamed(named).length > 0) return { ...place, items: operatorsAfter(fieldsNamed(named)[0]!) }
    return none
  }
  return { ...place, items: namesLike(word) }
}

function namesLike(word: string): Completion[] {
  const typed = word.toLowerCase()
  const found: { readonly item: Completion; readonly rank: number }[] = []
  const seen = new Set<string>()
  for (const field of FIELDS) {
    const { name } = field
    if (name === '' || seen.has(name)) continue
    const at = name.indexOf(typed)
    const byLabel = at < 0 && typed.length > 2 && field.label.toLowerCase().includes(typed)
    if (at < 0 && !byLabel) continue
    seen.add(name)
    found.push({ item: { text: name, kind: 'field', type: field.type, label: field.label }, rank: (at === 0 ? 0 : byLabel ? 2000 : 1000) + preferenceOf(name) })
  }
  for (const name of FUNCTIONS) if (name.startsWith(typed)) found.push({ item: { text: `${name}(`, kind: 'word', type: 'function', label: '' }, rank: 500 })
  found.sort((a, b) => a.rank - b.rank || (a.item.text < b.item.text ? -1 : 1))
  return found.slice(0, MOST).map(({ item }) => item)
}

function preferenceOf(name: string): number {
  const protocol = name.split('.', 1)[0]!
  const at = PREFERRED.indexOf(protocol)
  return at < 0 ? 100 : at * 2 + (name === protocol ? 0 : 1)
}

/** Value names, each written as its number: that is what the wire has. Text beside it says which. */
function valuesOf(name: string, typed: string): Completion[] {
  const items: Completion[] = []
  const wanted = typed.toLowerCase()
  for (const { values, type } of fieldsNamed(name)) {
    if (values === undefined) continue
    for (const [value, label] of pairsOf(values)) {
      const text = `${value}`
      if (items.length < MOST && (text.startsWith(wanted) || label.toLowerCase().includes(wanted))) items.push({ text, kind: 'value', type, label })
    }
    if (items.length > 0) return items
  }
  return items
}

function pairsOf(values: NonNullable<Field['values']>): (readonly [number, string])[] {
  if (values instanceof Map) return [...values]
  const ranges = values as readonly (readonly [number, number, string])[]
  return ranges.filter(([from, to]) => from === to).map(([from, , label]) => [from, label])
}

function operatorsAfter({ type }: Field): Completion[] {
  const word = ([text, label]: readonly [string, string]): Completion => ({ text, kind: 'word', type: '', label })
  if (type === 'protocol' || type === 'none') return JOINTS.map(word)
  const isText = type === 'string' || type === 'uint_string' || type === 'bytes'
  const fitting = OPERATORS.filter(([text]) => (text === 'contains' || text === 'matches' ? isText : text === '>' || text === '<' ? !isText : true))
  return [...fitting, ...JOINTS].map(word)
}

function isInQuotes(text: string): boolean {
  return (text.replace(/\\./g, '').split('"').length - 1) % 2 === 1
}
