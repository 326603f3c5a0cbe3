// Reads the command line of `zanzara sniff` as getopt would: joined flags (-qz), values behind or joined, words as filter.
// Says what is wrong with a value; files and filters are opened elsewhere.

import { nearestName } from '../base/nearest-name.ts'
import { DecodeAsError, readDecodeAs } from '../dissect/decode-as.ts'
import type { DecodeAs } from '../dissect/registry.ts'
import { DEFAULT_FIELDS_OPTIONS, type FieldsOptions } from '../print/fields.ts'
import type { PayloadForm } from '../print/payload.ts'
import { type SecondsStyle, TIME_FORMATS, type TimeFormat } from '../print/summary.ts'
import { isListKey, REFUSED_FLAGS, SNIFF_FLAGS, type SniffKey } from './sniff-options.ts'

export const OUTPUT_FORMS = ['text', 'tabs', 'fields', 'json', 'jsonl', 'ek', 'pdml', 'psml'] as const
export type OutputForm = (typeof OUTPUT_FORMS)[number]

const FILE_FORMATS = ['pcapng', 'pcap', 'nsecpcap'] as const
const PAYLOAD_FORMS: readonly PayloadForm[] = ['text', 'hex', 'json', 'cbor']

const COLOURS = ['always', 'auto', 'never'] as const

export interface SniffSettings {
  readonly read: string | null
  readonly interface: string | null
  /** The place of a broker's tap. */
  readonly tap: string | null
  /** What to relay and record. */
  readonly relay: string | null
  /** The relay takes any certificate of its target. */
  readonly insecure: boolean
  readonly captureFilter: string | null
  readonly snapLength: number
  readonly promiscuous: boolean
  readonly listInterfaces: boolean
  readonly filter: string | null
  readonly output: OutputForm
  readonly fields: readonly string[]
  readonly fieldsOptions: FieldsOptions
  readonly details: boolean
  readonly onlyProtocols: readonly string[] | null
  readonly hex: boolean
  readonly summary: boolean
  readonly mostFrames: number
  readonly time: TimeFormat
  readonly seconds: SecondsStyle
  readonly decodeAs: readonly DecodeAs[]
  readonly preferences: ReadonlyMap<string, string>
  readonly write: string | null
  readonly format: (typeof FILE_FORMATS)[number]
  readonly statistics: readonly string[]
  readonly quiet: boolean
  readonly perPacket: boolean
  readonly durationSeconds: number
  readonly mostBytes: number
  readonly jsonChoice: { readonly names: ReadonlySet<string>; readonly isDeep: boolean } | null
  readonly report: string | null
  readonly colour: (typeof COLOURS)[number]
  readonly noDuplicateKeys: boolean
  readonly auto: boolean
  readonly payload: PayloadForm | null
  readonly keyLog: string | null
}

/** What is wrong with the command line, with the remedy. */
export class SniffUsageError extends Error {
  override readonly name = 'SniffUsageError'
}

type Given = Map<SniffKey, string[]>

/** @throws SniffUsageError */
export function readSniffArguments(argv: readonly string[]): SniffSettings | 'help' | 'version' {
  const { given, words } = split(argv)
  if (given.has('help')) return 'help'
  if (given.has('version')) return 'version'
  const text = (key: SniffKey): string | null => given.get(key)?.at(-1) ?? null
  const fields = given.get('fields') ?? []
  const output = oneOf(OUTPUT_FORMS, text('output') ?? 'text', '-T')
  checkFields(output, fields, given)
  const { filter, captureFilter } = filters(text, words)
  const autostop = readAutostop(given.get('autostop') ?? [])
  const jsonNames = text('jsonProtocolsDeep') ?? text('jsonProtocols')
  return {
    read: text('read'),
    interface: text('interface'),
    tap: text('tap'),
    relay: text('relay'),
    insecure: given.has('insecure'),
    captureFilter,
    snapLength: wholeNumber(text('snapLength') ?? '0', '-s'),
    promiscuous: !given.has('noPromiscuous'),
    listInterfaces: given.has('listInterfaces'),
    filter,
    output,
    fields,
    fieldsOptions: readFieldsOptions(given.get('fieldsOption') ?? []),
    details: given.has('details') || given.has('onlyProtocols'),
    onlyProtocols: text('onlyProtocols')?.split(/[, ]+/).filter(Boolean) ?? null,
    hex: given.has('hex'),
    summary: given.has('summary'),
    mostFrames: Math.min(given.has('count') ? positive(text('count')!, '-c') : Number.POSITIVE_INFINITY, autostop.packets),
    time: oneOf(TIME_FORMATS, text('time') ?? 'r', '-t'),
    seconds: oneOf(['s', 'hms'] as const, text('seconds') ?? 's', '-u'),
    decodeAs: (given.get('decodeAs') ?? []).map(decodeAsOf),
    preferences: readPreferences(given.get('preference') ?? []),
    write: text('write'),
    format: oneOf(FILE_FORMATS, text('format') ?? 'pcapng', '-F'),
    statistics: given.get('statistics') ?? [],
    quiet: given.has('quiet') || given.has('veryQuiet'),
    perPacket: given.has('perPacket'),
    durationSeconds: autostop.duration,
    mostBytes: autostop.filesize,
    jsonChoice: jsonNames === null ? null : { names: new Set(jsonNames.split(/[, ]+/).filter(Boolean)), isDeep: given.has('jsonProtocolsDeep') },
    report: text('report'),
    colour: oneOf(COLOURS, text('colour') ?? 'auto', '--color'),
    noDuplicateKeys: given.has('noDuplicateKeys'),
    auto: given.has('auto'),
    payload: given.has('payload') ? oneOf(PAYLOAD_FORMS, text('payload')!, '--payload') : null,
    keyLog: text('keyLog'),
  }
}

function split(argv: readonly string[]): { given: Given; words: string[] } {
  const given: Given = new Map()
  const words: string[] = []
  const queue = [...argv]
  while (queue.length > 0) {
    const word = queue.shift()!
    if (word === '--') {
      words.push(...queue)
      break
    }
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    const isLong = word.startsWith('--')
    const equals = isLong ? word.indexOf('=') : -1
    const name = isLong ? (equals < 0 ? word : word.slice(0, equals)) : word.slice(0, 2)
    const rest = isLong ? (equals < 0 ? null : word.slice(equals + 1)) : word.length > 2 ? word.slice(2) : null
    const flag = SNIFF_FLAGS.find((entry) => entry.flag === name)
    if (flag === undefined) throw unknownFlag(name)
    if (flag.value === null) {
      add(given, flag.key, '')
      if (rest !== null && isLong) throw new SniffUsageError(`${name} takes no value, but '${rest}' was given`)
      if (rest !== null) queue.unshift(`-${rest}`)
      continue
    }
    // tshark's --color stands alone
    const isAlone = flag.key === 'colour' && rest === null && !(COLOURS as readonly string[]).includes(queue[0] ?? '')
    const value = isAlone ? 'always' : (rest ?? queue.shift())
    if (value === undefined) throw new SniffUsageError(`${name} needs a value: ${name} ${flag.value}`)
    add(given, flag.key, value)
  }
  return { given, words }
}

function add(given: Given, key: SniffKey, value: string): void {
  const values = given.get(key)
  if (values !== undefined && isListKey(key)) values.push(value)
  else given.set(key, [value])
}

function unknownFlag(name: string): SniffUsageError {
  const instead = REFUSED_FLAGS[name]
  if (instead !== undefined) return new SniffUsageError(`${name} is tshark's, not ours: ${instead}`)
  const meant = name.startsWith('--')
    ? nearestName(
        name,
        SNIFF_FLAGS.map(({ flag }) => flag).filter((flag) => flag.startsWith('--')),
      )
    : null
  return new SniffUsageError(`there is no option '${name}'${meant === null ? '' : `; did you mean ${meant}?`}`)
}

/** Words that are no options: the display filter of a file, the capture filter of an interface. */
function filters(text: (key: SniffKey) => string | null, words: readonly string[]): { filter: string | null; captureFilter: string | null } {
  const filter = text('filter')
  const captureFilter = text('captureFilter')
  if (words.length === 0) return { filter, captureFilter }
  const joined = words.join(' ')
  if (text('interface') !== null && text('read') === null) {
    if (captureFilter !== null) throw new SniffUsageError(`two capture filters: -f '${captureFilter}' and '${joined}'; give one, and display filters with -Y`)
    return { filter, captureFilter: joined }
  }
  if (filter !== null) throw new SniffUsageError(`two filters: -Y '${filter}' and '${joined}'; join them with and`)
  return { filter: joined, captureFilter }
}

function checkFields(output: OutputForm, fields: readonly string[], given: Given): void {
  if (output === 'fields' && fields.length === 0) throw new SniffUsageError('-T fields needs the fields to print: -e FIELD, as in -T fields -e mqtt.topic')
  if (fields.length > 0 && !['fields', 'json', 'jsonl', 'ek'].includes(output))
    throw new SniffUsageError(`-e '${fields[0]!}' needs -T fields, json, jsonl or ek`)
  if ((given.has('jsonProtocols') || given.has('jsonProtocolsDeep')) && !['json', 'jsonl', 'ek'].includes(output))
    throw new SniffUsageError('-j and -J need -T json, jsonl or ek')
  if (given.has('payload') && output !== 'text' && output !== 'tabs')
    throw new SniffUsageError('--payload goes with the summary: leave -T out, or use -e mqtt.msg')
}

function oneOf<T extends string>(choices: readonly T[], value: string, flag: string): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new SniffUsageError(`${flag} '${value}' is none of: ${choices.join(' ')}`)
  return found
}

function wholeNumber(value: string, flag: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new SniffUsageError(`${flag} '${value}' is not a whole number`)
  return Number(value)
}

function positive(value: string, flag: string): number {
  const number = wholeNumber(value, flag)
  if (number === 0) throw new SniffUsageError(`${flag} '${value}' must be at least 1`)
  return number
}

/** tshark's spellings of separators. */
function separator(value: string): string {
  return ({ '/t': '\t', '/s': ' ', '//': '/' } as Record<string, string>)[value] ?? value
}

function readFieldsOptions(options: readonly string[]): FieldsOptions {
  let result = DEFAULT_FIELDS_OPTIONS
  for (const option of options) {
    const [name = '', value = ''] = [option.slice(0, option.indexOf('=')), option.slice(option.indexOf('=') + 1)]
    const wrong = (allowed: string): SniffUsageError => new SniffUsageError(`-E '${option}': ${name} is ${allowed}`)
    const yes = (): boolean => {
      if (!/^[yn]/i.test(value)) throw wrong('y or n')
      return /^y/i.test(value)
    }
    const pick = <T>(choices: Readonly<Record<string, T>>, allowed: string): T => {
      const found = choices[value]
      if (found === undefined) throw wrong(allowed)
      return found
    }
    const mark = (): string => {
      const text = separator(value)
      if ([...text].length !== 1) throw wrong('one character, /t or /s')
      return text
    }
    if (name === 'header') result = { ...result, header: yes() }
    else if (name === 'bom') result = { ...result, byteOrderMark: yes() }
    else if (name === 'separator') result = { ...result, separator: mark() }
    else if (name === 'aggregator') result = { ...result, aggregator: mark() }
    else if (name === 'occurrence') result = { ...result, occurrence: pick({ f: 'first', l: 'last', a: 'all' } as const, 'f, l or a') }
    else if (name === 'quote') result = { ...result, quote: pick({ d: '"', s: "'", n: '' }, 'd, s or n') }
    else throw new SniffUsageError(`-E '${option}' is none of: bom= header= separator= occurrence= aggregator= quote=`)
  }
  return result
}

function decodeAsOf(rule: string): DecodeAs {
  try {
    return readDecodeAs(rule)
  } catch (error) {
    throw error instanceof DecodeAsError ? new SniffUsageError(`-d ${error.message}`) : error
  }
}

function readPreferences(options: readonly string[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>()
  for (const option of options) {
    const [, name = '', value = ''] = /^([\w.-]+):\s*(.*)$/s.exec(option) ?? []
    if (name === '') throw new SniffUsageError(`-o '${option}' is not of the form PREFERENCE:VALUE, as in mqtt.show_msg_as_text:TRUE`)
    result.set(name, value)
  }
  return result
}

function readAutostop(conditions: readonly string[]): { duration: number; packets: number; filesize: number } {
  const result = { duration: Number.POSITIVE_INFINITY, packets: Number.POSITIVE_INFINITY, filesize: Number.POSITIVE_INFINITY }
  for (const condition of conditions) {
    const [, name = '', value = ''] = /^(\w+):(\d+(?:\.\d+)?)$/.exec(condition) ?? []
    if (name === 'duration') result.duration = Number(value)
    else if (name === 'packets') result.packets = positive(value, '-a packets:')
    else if (name === 'filesize') result.filesize = positive(value, '-a filesize:') * 1000
    else throw new SniffUsageError(`-a '${condition}' is none of: duration:SECONDS packets:COUNT filesize:KILOBYTES`)
  }
  return result
}
