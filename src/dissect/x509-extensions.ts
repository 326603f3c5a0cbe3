// Extensions of certificates: what the key is for, whose it is, who issued it, where to ask whether it still holds. [RFC 5280, 4.2]
// Extensions that are not known here are left as bytes.

import type { DissectContext } from './context.ts'
import { DerTag, type DerValue, derAt, derInside } from './der.ts'
import { identifierName, identifierText } from './object-identifiers.ts'
import { BER, PKIX, X509AF, X509CE } from './x509-fields.ts'
import { addGeneralName, addGeneralNames, items } from './x509-names.ts'

type AddExtension = (context: DissectContext, parent: number, source: number, value: DerValue) => void

const CONTEXT_0 = 0x80
const CONSTRUCTED_0 = 0xa0

const EXTENSIONS: ReadonlyMap<string, readonly [layer: string, add: AddExtension]> = new Map<string, readonly [string, AddExtension]>([
  ['2.5.29.14', ['x509ce', addSubjectKey]],
  ['2.5.29.15', ['x509ce', addKeyUsage]],
  ['2.5.29.17', ['x509ce', addAlternativeNames]],
  ['2.5.29.18', ['x509ce', addAlternativeNames]],
  ['2.5.29.19', ['x509ce', addBasicConstraints]],
  ['2.5.29.31', ['x509ce', addRevocationLists]],
  ['2.5.29.32', ['x509ce', addPolicies]],
  ['2.5.29.35', ['x509ce', addAuthorityKey]],
  ['2.5.29.37', ['x509ce', addPurposes]],
  ['1.3.6.1.5.5.7.1.1', ['pkix1implicit', addAccess]],
])

/** The list of extensions: its own sequence. */
export function addExtensions(context: DissectContext, parent: number, source: number, list: DerValue): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const extensions = derInside(bytes, list)
  const root = rows.addGiven(X509AF.extensions, source, list.contents, list.end - list.contents, parent, extensions.length)
  if (demand.text(X509AF.extensions)) rows.setText(root, `extensions: ${items(extensions.length)}`)
  for (const extension of extensions) {
    const row = rows.add(X509AF.extension, source, extension.start, extension.end - extension.start, root)
    const [type, ...rest] = derInside(bytes, extension)
    if (type === undefined || type.tag !== DerTag.ObjectIdentifier) continue
    const dotted = identifierText(bytes.subarray(type.contents, type.end))
    if (demand.text(X509AF.extension)) rows.setText(row, `Extension (${identifierName(dotted)})`)
    rows.add(X509AF.extensionId, source, type.contents, type.end - type.contents, row)
    const [critical, value] = rest[0]?.tag === DerTag.Boolean ? rest : [undefined, rest[0]]
    if (critical !== undefined) rows.add(X509AF.critical, source, critical.contents, critical.end - critical.contents, row)
    if (value === undefined || value.tag !== DerTag.OctetString) continue
    const known = EXTENSIONS.get(dotted)
    const inner = known === undefined ? null : derAt(bytes, value.contents, value.end)
    if (known === undefined || inner === null) continue
    context.layers.push(known[0])
    known[1](context, row, source, inner)
  }
}

function addSubjectKey(context: DissectContext, parent: number, source: number, { contents, end }: DerValue): void {
  context.rows.add(X509CE.subjectKeyIdentifier, source, contents, end - contents, parent)
}

const USES: readonly number[] = [
  X509CE.keyUsageDigitalSignature,
  X509CE.keyUsageContentCommitment,
  X509CE.keyUsageKeyEncipherment,
  X509CE.keyUsageDataEncipherment,
  X509CE.keyUsageKeyAgreement,
  X509CE.keyUsageKeyCertSign,
  X509CE.keyUsageCRLSign,
  X509CE.keyUsageEncipherOnly,
]

function addKeyUsage(context: DissectContext, parent: number, source: number, { contents, end }: DerValue): void {
  const { rows } = context
  if (end - contents < 2) return
  rows.add(BER.padding, source, contents, 1, parent)
  const row = rows.add(X509CE.keyUsage, source, contents + 1, end - contents - 1, parent)
  for (const use of USES) rows.add(use, source, contents + 1, 1, row)
  if (end - contents >= 3) rows.add(X509CE.keyUsageDecipherOnly, source, contents + 2, 1, row)
  else rows.addGiven(X509CE.keyUsageDecipherOnly, source, -1, 0, row, 0)
}

function addAlternativeNames(context: DissectContext, parent: number, source: number, { contents, end }: DerValue): void {
  addGeneralNames(context, parent, source, contents, end, X509CE.generalNames, 'GeneralNames')
}

function addBasicConstraints(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows, demand } = context
  const row = rows.add(X509CE.basicConstraintsSyntax, source, value.start, value.end - value.start, parent)
  if (value.contents === value.end && demand.text(X509CE.basicConstraintsSyntax)) rows.setText(row, 'BasicConstraintsSyntax [0 length]')
  for (const { tag, contents, end } of derInside(rows.sources[source]!, value))
    if (tag === DerTag.Boolean) rows.add(X509CE.cA, source, contents, end - contents, row)
    else if (tag === DerTag.Integer) rows.add(X509CE.pathLenConstraint, source, contents, end - contents, row)
}

function addRevocationLists(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const points = derInside(bytes, value)
  const list = rows.addGiven(X509CE.crlDistPointsSyntax, source, value.contents, value.end - value.contents, parent, points.length)
  if (demand.text(X509CE.crlDistPointsSyntax)) rows.setText(list, `CRLDistPointsSyntax: ${items(points.length)}`)
  for (const point of points) {
    const row = rows.add(X509CE.crlPoint, source, point.start, point.end - point.start, list)
    const name = derInside(bytes, point).find(({ tag }) => tag === CONSTRUCTED_0)
    const full = name === undefined ? null : derAt(bytes, name.contents, name.end)
    if (full === null) continue
    const choice = rows.addGiven(X509CE.distributionPoint, source, full.contents, full.end - full.contents, row, full.tag & 0x1f)
    if (full.tag === CONSTRUCTED_0) addGeneralNames(context, choice, source, full.contents, full.end, X509CE.fullName, 'fullName')
  }
}

function addPolicies(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const policies = derInside(bytes, value)
  const list = rows.addGiven(X509CE.certificatePoliciesSyntax, source, value.contents, value.end - value.contents, parent, policies.length)
  if (demand.text(X509CE.certificatePoliciesSyntax)) rows.setText(list, `CertificatePoliciesSyntax: ${items(policies.length)}`)
  for (const policy of policies) {
    const row = rows.add(X509CE.policyInformation, source, policy.start, policy.end - policy.start, list)
    const type = derAt(bytes, policy.contents, policy.end)
    if (type !== null) rows.add(X509CE.policyIdentifier, source, type.contents, type.end - type.contents, row)
  }
}

function addAuthorityKey(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows } = context
  const row = rows.add(X509CE.authorityKeyIdentifier, source, value.start, value.end - value.start, parent)
  for (const { tag, contents, end } of derInside(rows.sources[source]!, value))
    if (tag === CONTEXT_0) rows.add(X509CE.keyIdentifier, source, contents, end - contents, row)
    else if (tag === CONSTRUCTED_0 + 1) addGeneralNames(context, row, source, contents, end, X509CE.authorityCertIssuer, 'authorityCertIssuer')
    else if (tag === CONTEXT_0 + 2) addSerial(context, X509CE.authorityCertSerialNumber, 'authorityCertSerialNumber', source, contents, end, row)
}

function addPurposes(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows, demand } = context
  const purposes = derInside(rows.sources[source]!, value)
  const list = rows.addGiven(X509CE.keyPurposeIDs, source, value.contents, value.end - value.contents, parent, purposes.length)
  if (demand.text(X509CE.keyPurposeIDs)) rows.setText(list, `KeyPurposeIDs: ${items(purposes.length)}`)
  for (const { contents, end } of purposes) rows.add(X509CE.keyPurposeId, source, contents, end - contents, list)
}

function addAccess(context: DissectContext, parent: number, source: number, value: DerValue): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const descriptions = derInside(bytes, value)
  const list = rows.addGiven(PKIX.authorityInfoAccessSyntax, source, value.contents, value.end - value.contents, parent, descriptions.length)
  if (demand.text(PKIX.authorityInfoAccessSyntax)) rows.setText(list, `AuthorityInfoAccessSyntax: ${items(descriptions.length)}`)
  for (const description of descriptions) {
    const row = rows.add(PKIX.accessDescription, source, description.start, description.end - description.start, list)
    const [method, location] = derInside(bytes, description)
    if (method === undefined || location === undefined) continue
    rows.add(PKIX.accessMethod, source, method.contents, method.end - method.contents, row)
    const { tag, contents, end } = location
    addGeneralName(context, rows.addGiven(PKIX.accessLocation, source, contents, end - contents, row, tag & 0x1f), source, location)
  }
}

/** A serial number: bytes, shown as one hexadecimal number. */
export function addSerial(context: DissectContext, field: number, label: string, source: number, start: number, end: number, parent: number): void {
  const { rows, demand } = context
  const row = rows.add(field, source, start, end - start, parent)
  if (!demand.text(field)) return
  const shown = rows.sources[source]!.subarray(start, Math.min(end, start + 36))
  rows.setText(row, `${label}: 0x${[...shown].map((byte) => byte.toString(16).padStart(2, '0')).join('')}${end - start > 36 ? '…' : ''}`)
}
