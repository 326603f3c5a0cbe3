// What a field is: Wireshark's name, type, base, mask and value names; and the registry that gives each its number.
// The tables are in …-fields.ts files beside the dissectors; filters and printers find fields here by name.

/** Wireshark's field types, as `tshark -G fields` names them (FT_ left out). */
export type FieldType =
  | 'protocol'
  | 'none'
  | 'boolean'
  | 'uint8'
  | 'uint16'
  | 'uint24'
  | 'uint32'
  | 'uint64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'uint_string'
  | 'bytes'
  | 'ether'
  | 'oid'
  | 'ipv4'
  | 'ipv6'
  | 'framenum'
  | 'absolute_time'
  | 'relative_time'
  | 'double'

/** How a number is printed by -T fields and in the tree. */
export type FieldBase = 'dec' | 'hex' | 'oct' | 'dec_hex' | 'hex_dec'

/** Names of values: exact ones, or ranges [from, to, name]. */
export type ValueNames = ReadonlyMap<number, string> | readonly (readonly [from: number, to: number, name: string])[]

export interface FieldDefinition {
  /** Wireshark's filter name, such as `mqtt.topic`. A protocol's own name has no dot. */
  readonly name: string
  /** What the tree shows, such as `Topic`. */
  readonly label: string
  readonly type: FieldType
  readonly base?: FieldBase
  /** Bits of the value that belong to the field; the value is shifted down by them. */
  readonly mask?: number
  /** Width in bits that a masked boolean is shown in. */
  readonly width?: number
  readonly values?: ValueNames
  /** Unit shown behind the number in the tree, such as ` bytes`. */
  readonly unit?: string
  /** Bytes are shown with colons between them. */
  readonly hasColons?: boolean
  /** What is shown of no bytes (default: `<MISSING>`). */
  readonly whenEmpty?: string
  /** Little endian in the bytes (default: big endian). */
  readonly littleEndian?: boolean
  /** A masked field whose own text (`rows.setText`) stands without its bits in front. */
  readonly hidesBits?: boolean
  /** Not in the tree, but in filters and -T fields: `tcp.port`. */
  readonly hidden?: boolean
  /** Not in the bytes but concluded: the tree shows it in square brackets. */
  readonly generated?: boolean
}

/** A registered field. `id` is dense from 0. */
export interface Field extends FieldDefinition {
  readonly id: number
  /** Id of the protocol it belongs to; its own id for a protocol. */
  readonly protocol: number
}

const fields: Field[] = []
const byName = new Map<string, Field[]>()

/** All fields, by id. Grows while the modules of the dissectors load, never afterwards. */
export const FIELDS: readonly Field[] = fields

/**
 * Registers a protocol and its fields; called once by each …-fields.ts. Returns the ids under the given keys.
 * Two definitions of one name (Wireshark has some, with different types) are allowed.
 */
export function defineProtocol<K extends string>(
  protocol: { readonly name: string; readonly label: string },
  definitions: Readonly<Record<K, FieldDefinition>>,
): ProtocolFields<K> {
  const own = register({ name: protocol.name, label: protocol.label, type: 'protocol' }, null)
  const ids: Record<string, number> = { protocol: own }
  for (const [key, definition] of Object.entries<FieldDefinition>(definitions)) ids[key] = register(definition, own)
  return ids as Record<K, number> & { protocol: number }
}

/** Registers further fields of a protocol that has too many for one table. */
export function extendProtocol<K extends string>(protocol: number, definitions: Readonly<Record<K, FieldDefinition>>): Readonly<Record<K, number>> {
  const ids: Record<string, number> = {}
  for (const [key, definition] of Object.entries<FieldDefinition>(definitions)) ids[key] = register(definition, protocol)
  return ids as Record<K, number>
}

/** A row without a field: its text (`rows.setText`) groups others in the tree. It has no name and belongs to no protocol. */
export const TEXT_ROW: number = register({ name: '', label: '', type: 'none' }, null)

/** All definitions of a name, the first one first; empty when there is none. */
export function fieldsNamed(name: string): readonly Field[] {
  return byName.get(name) ?? []
}

function register(definition: FieldDefinition, protocol: number | null): number {
  const id = fields.length
  const field: Field = { ...definition, id, protocol: protocol ?? id }
  fields.push(field)
  const same = byName.get(definition.name)
  if (same === undefined) byName.set(definition.name, [field])
  else same.push(field)
  return id
}

/** What `defineProtocol` returns. */
export type ProtocolFields<K extends string> = Readonly<Record<K, number>> & { readonly protocol: number }

/** Names of a boolean's values. */
export function booleanNames(whenTrue: string, whenFalse: string): ValueNames {
  return new Map([
    [1, whenTrue],
    [0, whenFalse],
  ])
}

/** A flag's. Booleans without names are shown as True and False. */
export const SET: ValueNames = booleanNames('Set', 'Not set')
