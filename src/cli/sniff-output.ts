// From the settings of `zanzara sniff` to what prints and counts: the printers in their order, and all that they read.
// Colours are chosen here; everything else about a form is in print/.

import type { Frame } from '../capture/frame.ts'
import '../dissect/dissect.ts'
import { nearestName } from '../base/nearest-name.ts'
import { FIELDS } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import { defaultProtocols } from '../dissect/protocols.ts'
import { compileFilter, type Filter } from '../filter/filter.ts'
import { FilterError } from '../filter/filter-error.ts'
import { EkPrinter } from '../print/ek.ts'
import { FieldsPrinter, isPrintable } from '../print/fields.ts'
import { HexPrinter } from '../print/hex.ts'
import { JsonPrinter } from '../print/json.ts'
import { PayloadPrinter } from '../print/payload.ts'
import { PdmlPrinter, PsmlPrinter } from '../print/pdml.ts'
import type { Printer, PrinterNeeds } from '../print/printer.ts'
import { openStatistics, STATISTICS_NAMES, type Statistics } from '../print/statistics.ts'
import { type LinePaint, SummaryColumns, SummaryPrinter } from '../print/summary.ts'
import { TreePrinter } from '../print/tree.ts'
import { type SniffSettings, SniffUsageError } from './sniff-arguments.ts'
import type { Terminal } from './terminal.ts'

export interface SniffOutput {
  readonly printers: readonly Printer[]
  readonly statistics: readonly Statistics[]
  readonly needs: PrinterNeeds
  /** To be told of every frame; null = not needed. */
  readonly onFrame: ((frame: Frame) => void) | null
}

const CREATOR = 'zanzara'

/** @throws SniffUsageError */
export function preparedOutput(settings: SniffSettings, io: Terminal, isTty: boolean): SniffOutput {
  const columns = new SummaryColumns(settings.time, settings.seconds)
  checkNames(settings, columns)
  const printers = chosenPrinters(settings, columns, paintFor(settings, io, isTty), isTty)
  const statistics = settings.statistics.map((text) => {
    const opened = openStatistics(text, (filter) => compiled(filter, text))
    if (opened === null) throw new SniffUsageError(`-z '${text}' is none of: ${STATISTICS_NAMES.join('  ')}`)
    return opened
  })
  const needs = joinedNeeds([...printers.map((printer) => printer.needs), ...statistics.map((counted) => counted.needs)])
  return { printers, statistics, needs, onFrame: needs.columns && columns.countsAll ? (frame) => columns.read(frame) : null }
}

function chosenPrinters(settings: SniffSettings, columns: SummaryColumns, paint: LinePaint | null, isTty: boolean): Printer[] {
  const { output, details, hex, summary, quiet, write } = settings
  const isText = output === 'text' || output === 'tabs'
  if (quiet || (write !== null && !summary && !details && !hex && isText)) return []
  if (!isText) return [otherForm(settings, columns, isTty)]
  const line = new SummaryPrinter(columns, output === 'tabs' ? '\t' : ' ', paint)
  const printers: Printer[] = []
  if (summary || (!details && !hex)) printers.push(line)
  if (settings.payload !== null) printers.push(new PayloadPrinter(settings.payload))
  if (details) printers.push(new TreePrinter(settings.onlyProtocols === null ? null : new Set(settings.onlyProtocols), !hex))
  if (hex) printers.push(new HexPrinter(summary && !details))
  return printers
}

function otherForm(settings: SniffSettings, columns: SummaryColumns, isTty: boolean): Printer {
  const { fields, fieldsOptions, noDuplicateKeys, jsonChoice } = settings
  const json = { names: fields.length === 0 ? null : fields, choice: jsonChoice, columns }
  switch (settings.output) {
    case 'fields':
      return new FieldsPrinter(fields, { ...fieldsOptions, toTerminal: isTty }, columns)
    case 'json':
      return new JsonPrinter({ ...json, joinsDuplicates: noDuplicateKeys }, false)
    case 'jsonl':
      return new JsonPrinter({ ...json, joinsDuplicates: true }, true)
    case 'ek':
      return new EkPrinter({ ...json, joinsDuplicates: true })
    case 'pdml':
      return new PdmlPrinter(CREATOR)
    default:
      return new PsmlPrinter(columns, CREATOR)
  }
}

/** Fields, protocols and Decode As rules must name what there is. */
function checkNames({ fields, decodeAs, onlyProtocols }: SniffSettings, columns: SummaryColumns): void {
  const unknown = fields.filter((name) => !isPrintable(name, columns))
  if (unknown.length > 0) {
    const known = FIELDS.map(({ name }) => name)
    const lines = unknown.map((name) => `'${name}'${hint(nearestName(name, known))}`)
    throw new SniffUsageError(`-e: there is no field ${lines.join(', ')}`)
  }
  const registry = defaultProtocols()
  for (const { protocol, table } of decodeAs)
    if (registry.named(protocol) === null)
      throw new SniffUsageError(`-d ${table}: there is no protocol '${protocol}'; known are: ${registry.names().join(' ')}`)
  const protocols = FIELDS.filter(({ type }) => type === 'protocol').map(({ name }) => name)
  for (const name of onlyProtocols ?? [])
    if (!protocols.includes(name)) throw new SniffUsageError(`-O: there is no protocol '${name}'${hint(nearestName(name, protocols))}`)
}

/** A filter within -z; what is wrong with it is said of the whole value. @throws SniffUsageError */
function compiled(filter: string, statistics: string): Filter {
  try {
    return compileFilter(filter)
  } catch (error) {
    if (error instanceof FilterError) throw new SniffUsageError(`-z '${statistics}': ${error.message}\n${error.pointAt(filter)}`)
    throw error
  }
}

function hint(name: string | null): string {
  return name === null ? '' : ` (did you mean ${name}?)`
}

function joinedNeeds(all: readonly PrinterNeeds[]): PrinterNeeds {
  const names = all.some((needs) => needs.names === 'everything') ? 'everything' : all.flatMap((needs) => [...needs.names])
  return { names, printed: all.flatMap((needs) => [...needs.printed]), columns: all.some((needs) => needs.columns) }
}

/** Colours of lines, by what matters most in them: faults red, refused or ended connections yellow, publishing green, sessions cyan. */
const PAINTS: readonly { readonly code: string; readonly holds: (packet: Packet) => boolean }[] = [
  {
    code: '31',
    holds: ({ columns: { info } }) => /\[Malformed|\[TCP (Retransmission|Out-Of-Order|Previous|Dup ACK|ZeroWindow)|Not [Aa]uthori|refused/.test(info),
  },
  { code: '33', holds: ({ columns: { info } }) => /\[RST|\[FIN|Disconnect Req/.test(info) },
  { code: '32', holds: ({ columns: { info } }) => /Publish Message/.test(info) },
  { code: '36', holds: ({ columns: { protocol } }) => /^(MQTT|MQTT-SN|CoAP)$/.test(protocol) },
  { code: '2', holds: ({ columns: { protocol } }) => protocol === 'TCP' },
]

function paintFor({ colour }: SniffSettings, { env }: Terminal, isTty: boolean): LinePaint | null {
  const isOn = colour === 'always' || (colour === 'auto' && isTty && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === '')
  if (!isOn) return null
  return (line, packet) => {
    const paint = PAINTS.find(({ holds }) => holds(packet))
    return paint === undefined ? line : `\x1b[${paint.code}m${line}\x1b[0m`
  }
}
