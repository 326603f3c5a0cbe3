// Names in certificates: distinguished names of issuer and subject, and the general names of extensions. [RFC 5280, 4.1.2.4 and 4.2.1.6]
// Each attribute that a module of Wireshark's reads joins frame.protocols under that module's name.

import type { DissectContext } from './context.ts'
import { DerTag, type DerValue, derAt, derInside, derValues } from './der.ts'
import { identifierName, identifierText } from './object-identifiers.ts'
import { textAt } from './value.ts'
import { X509AF, X509CE, X509IF, X509SAT } from './x509-fields.ts'

const Attribute = { Country: '2.5.4.6', UserId: '0.9.2342.19200300.100.1.1' } as const

/** By tag: the choice of a DirectoryString and the field of its text. */
const CHOICES: ReadonlyMap<number, readonly [choice: number, field: number]> = new Map([
  [DerTag.TeletexString, [0, X509SAT.teletexString]],
  [DerTag.PrintableString, [1, X509SAT.printableString]],
  [DerTag.UniversalString, [2, X509SAT.universalString]],
  [DerTag.BmpString, [3, X509SAT.bmpString]],
  [DerTag.Utf8String, [4, X509SAT.uTF8String]],
])

/** Attributes whose text is of one kind, not a choice of several. */
const PLAIN: ReadonlyMap<string, number> = new Map([
  ['2.5.4.5', X509SAT.plainPrintable],
  ['2.5.4.46', X509SAT.plainPrintable],
  [Attribute.Country, X509SAT.countryName],
  [Attribute.UserId, X509AF.userid],
  ['0.9.2342.19200300.100.1.25', X509SAT.ia5String],
  ['1.2.840.113549.1.9.1', X509SAT.ia5String],
])

/** `id-at-commonName=broker,id-at-countryName=DE`: the last part of a name first. */
export function addDistinguishedName(context: DissectContext, parent: number, source: number, name: DerValue, field: number): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const parts = derInside(bytes, name)
  const list = rows.addGiven(field, source, name.contents, name.end - name.contents, parent, parts.length)
  const text = addNameParts(context, list, source, parts)
  if (demand.text(field)) rows.setText(list, `rdnSequence: ${items(parts.length)} (${text})`)
  return text
}

/** The parts of a name below a row that stands for all of it. */
export function addNameParts(context: DissectContext, list: number, source: number, parts: readonly DerValue[]): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  let text = ''
  for (const part of parts) {
    const attributes = derInside(bytes, part)
    const item = rows.addGiven(X509IF.rdnItem, source, part.contents, part.end - part.contents, list, attributes.length)
    const before = text
    let own = ''
    for (const attribute of attributes) own = `${own === '' ? '' : `${own}+`}${addAttribute(context, item, source, attribute)}`
    text = before === '' ? own : `${own},${before}`
    if (demand.text(X509IF.rdnItem)) rows.setText(item, `RDNSequence item: ${items(attributes.length)} (${own})`)
  }
  return text
}

/** `1 item`, `2 items`. */
export function items(count: number): string {
  return `${count} item${count === 1 ? '' : 's'}`
}

function addAttribute(context: DissectContext, parent: number, source: number, attribute: DerValue): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(X509IF.attribute, source, attribute.contents, attribute.end - attribute.contents, parent)
  const [type, value] = derInside(bytes, attribute)
  if (type === undefined || type.tag !== DerTag.ObjectIdentifier) return ''
  rows.add(X509IF.oid, source, type.contents, type.end - type.contents, row)
  const dotted = identifierText(bytes.subarray(type.contents, type.end))
  const text = value === undefined ? '' : addText(context, row, source, value, dotted)
  const line = `${identifierName(dotted)}=${text}`
  if (demand.text(X509IF.attribute)) rows.setText(row, `RelativeDistinguishedName item (${line})`)
  return line
}

function addText(context: DissectContext, parent: number, source: number, value: DerValue, type: string): string {
  const { rows } = context
  const bytes = rows.sources[source]!
  const size = value.end - value.contents
  const plain = PLAIN.get(type)
  context.layers.push(type === Attribute.UserId ? 'x509af' : 'x509sat')
  const text = textOf(bytes, value)
  if (plain !== undefined) {
    rows.addGiven(plain, source, value.contents, size, parent, text)
    return text
  }
  const choice = CHOICES.get(value.tag)
  if (choice === undefined) return text
  const row = rows.addGiven(X509SAT.directoryString, source, value.start, value.end - value.start, parent, choice[0])
  rows.addGiven(choice[1], source, value.contents, size, row, text)
  return text
}

function textOf(bytes: Uint8Array, { tag, contents, end }: DerValue): string {
  if (tag !== DerTag.BmpString) return textAt(bytes, contents, end - contents)
  let text = ''
  for (let at = contents; at + 1 < end; at += 2) text += String.fromCharCode((bytes[at]! << 8) | bytes[at + 1]!)
  return text
}

/** Fields of general names by the number of their tag. */
const GENERAL: ReadonlyMap<number, number> = new Map([
  [1, X509CE.rfc822Name],
  [2, X509CE.dnsName],
  [6, X509CE.uniformResourceIdentifier],
  [8, X509CE.registeredID],
])

/** A list of general names from `start` to `end` below a row that counts them. */
export function addGeneralNames(context: DissectContext, parent: number, source: number, start: number, end: number, field: number, label: string): void {
  const { rows, demand } = context
  const names = derValues(rows.sources[source]!, start, end)
  const list = rows.addGiven(field, source, start, end - start, parent, names.length)
  if (demand.text(field)) rows.setText(list, `${label}: ${items(names.length)}`)
  for (const name of names) {
    const row = rows.addGiven(X509CE.generalName, source, name.contents, name.end - name.contents, list, name.tag & 0x1f)
    addGeneralName(context, row, source, name)
  }
}

/** One general name below the row that says which kind it is. */
export function addGeneralName(context: DissectContext, parent: number, source: number, name: DerValue): void {
  const { rows, demand } = context
  const [kind, size] = [name.tag & 0x1f, name.end - name.contents]
  const bytes = rows.sources[source]!
  const field = GENERAL.get(kind)
  if (field !== undefined) rows.add(field, source, name.contents, size, parent)
  else if (kind === 7) rows.add(size === 4 ? X509CE.ipAddressIpv4 : size === 16 ? X509CE.ipAddressIpv6 : X509CE.ipAddress, source, name.contents, size, parent)
  else if (kind === 4) {
    const row = rows.addGiven(X509CE.directoryName, source, name.contents, size, parent, 0)
    const inner = derAt(bytes, name.contents, name.end)
    if (inner !== null) addDistinguishedName(context, row, source, inner, X509IF.rdnSequence)
    if (demand.text(X509CE.directoryName)) rows.setText(row, 'directoryName: rdnSequence (0)')
  }
}
