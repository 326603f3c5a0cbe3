// -T ek: two lines per packet for the bulk interface of Elasticsearch, in tshark's names: protocol, field, dots as underscores.
// Where tshark would repeat a key, its values are one list: repeated keys are lost by who reads JSON.

import { bytesText } from '../dissect/address-text.ts'
import { FIELDS, type Field } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Rows } from '../dissect/rows.ts'
import { isoTimeText, localDateText } from '../dissect/time-text.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { isPartWithBytes } from './fields.ts'
import { JsonMembers, type JsonOptions, type JsonValue, joined, jsonNeeds, jsonText, jsonValueText, namedValues } from './json.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import { NO_ROW, RowTree } from './row-tree.ts'
import type { TextOutput } from './text-output.ts'
import { rowText } from './tree-line.ts'

export class EkPrinter implements Printer {
  readonly needs: PrinterNeeds
  readonly #options: JsonOptions
  readonly #tree = new RowTree()

  constructor(options: JsonOptions) {
    this.#options = options
    this.needs = jsonNeeds(options.names)
  }

  begin(): void {}

  packet(packet: Packet, out: TextOutput): void {
    const { frame, rows } = packet
    const { names, columns } = this.#options
    const milliseconds = `${frame.seconds}${`${Math.floor(frame.nanoseconds / 1e6)}`.padStart(3, '0')}`
    const whole = new JsonMembers()
    whole.add('timestamp', milliseconds)
    whole.add('layers', names === null ? this.#layers(rows) : namedValues(packet, names, columns, underscored))
    columns.shown(packet)
    out.text(`{"index":{"_index":"packets-${localDateText(frame.seconds)}","_type":"doc"}}\n${jsonText(whole)}\n`)
  }

  end(): void {}

  #layers(rows: Rows): JsonMembers {
    this.#tree.fill(rows)
    const members = new JsonMembers()
    const { choice } = this.#options
    for (let row = this.#tree.first; row !== NO_ROW; row = this.#tree.next(row)) {
      const { name } = FIELDS[rows.field[row]!]!
      if (choice === null || choice.names.has(name)) members.add(underscored(name), this.#protocol(rows, row))
    }
    return joined(members)
  }

  /** All that is below a protocol, flat. */
  #protocol(rows: Rows, row: number): JsonValue {
    const members = new JsonMembers()
    this.#below(rows, row, members)
    return joined(members)
  }

  #below(rows: Rows, above: number, members: JsonMembers): void {
    for (let row = this.#tree.child(above); row !== NO_ROW; row = this.#tree.next(row)) {
      const field = FIELDS[rows.field[row]!]!
      if (field.name === '') members.add('text', rowText(rows, row))
      else if (isPartWithBytes(rows, row, field)) members.add(underscored(field.name), bytesText(bytesOf(rows, row), ':'))
      else if (field.type === 'protocol') {
        members.add(underscored(field.name), this.#protocol(rows, row))
        continue
      } else members.add(ekName(field), ekValue(rows, row, field))
      this.#below(rows, row, members)
    }
  }
}

function underscored(name: string): string {
  return name.replaceAll('.', '_')
}

function ekName(field: Field): string {
  return `${underscored(FIELDS[field.protocol]!.name)}_${underscored(field.name)}`
}

function ekValue(rows: Rows, row: number, field: Field): JsonValue {
  const value = readValue(rows, row)
  if (value === null) return null
  if (field.type === 'boolean') return value !== 0
  if (field.type === 'absolute_time') return isoTimeText(BigInt(value as bigint))
  return jsonValueText(rows, row)
}
