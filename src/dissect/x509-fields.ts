// Fields of X.509 certificates as they stand in TLS handshakes: names, validity, keys, extensions.
// Names, labels, types and value names are Wireshark's, which has them in the modules of the standards: x509af, x509if, x509sat, x509ce, PKCS #1, PKIX.

import { defineProtocol, type ProtocolFields } from './field.ts'

export const X509AF: ProtocolFields<
  | 'signedCertificate'
  | 'version'
  | 'serialNumber'
  | 'signature'
  | 'algorithmId'
  | 'issuer'
  | 'validity'
  | 'notBefore'
  | 'notAfter'
  | 'utcTime'
  | 'generalizedTime'
  | 'subject'
  | 'rdnSequence'
  | 'subjectPublicKeyInfo'
  | 'algorithm'
  | 'subjectPublicKey'
  | 'extensions'
  | 'extension'
  | 'extensionId'
  | 'critical'
  | 'extnValue'
  | 'algorithmIdentifier'
  | 'encrypted'
  | 'userid'
> = defineProtocol(
  { name: 'x509af', label: 'X.509 Authentication Framework' },
  {
    signedCertificate: { name: 'x509af.signedCertificate_element', label: 'signedCertificate', type: 'none' },
    version: {
      name: 'x509af.version',
      label: 'version',
      type: 'int32',
      base: 'dec',
      values: new Map([
        [0, 'v1'],
        [1, 'v2'],
        [2, 'v3'],
      ]),
    },
    serialNumber: { name: 'x509af.serialNumber', label: 'serialNumber', type: 'bytes' },
    signature: { name: 'x509af.signature_element', label: 'signature', type: 'none' },
    algorithmId: { name: 'x509af.algorithm.id', label: 'Algorithm Id', type: 'oid' },
    issuer: { name: 'x509af.issuer', label: 'issuer', type: 'uint32', base: 'dec', values: new Map([[0, 'rdnSequence']]) },
    validity: { name: 'x509af.validity_element', label: 'validity', type: 'none' },
    notBefore: {
      name: 'x509af.notBefore',
      label: 'notBefore',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'utcTime'],
        [1, 'generalizedTime'],
      ]),
    },
    notAfter: {
      name: 'x509af.notAfter',
      label: 'notAfter',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'utcTime'],
        [1, 'generalizedTime'],
      ]),
    },
    utcTime: { name: 'x509af.utcTime', label: 'utcTime', type: 'string' },
    generalizedTime: { name: 'x509af.generalizedTime', label: 'generalizedTime', type: 'absolute_time' },
    subject: { name: 'x509af.subject', label: 'subject', type: 'uint32', base: 'dec', values: new Map([[0, 'rdnSequence']]) },
    rdnSequence: { name: 'x509af.rdnSequence', label: 'rdnSequence', type: 'uint32', base: 'dec' },
    subjectPublicKeyInfo: { name: 'x509af.subjectPublicKeyInfo_element', label: 'subjectPublicKeyInfo', type: 'none' },
    algorithm: { name: 'x509af.algorithm_element', label: 'algorithm', type: 'none' },
    subjectPublicKey: { name: 'x509af.subjectPublicKey', label: 'subjectPublicKey', type: 'bytes' },
    extensions: { name: 'x509af.extensions', label: 'extensions', type: 'uint32', base: 'dec' },
    extension: { name: 'x509af.Extension_element', label: 'Extension', type: 'none' },
    extensionId: { name: 'x509af.extension.id', label: 'Extension Id', type: 'oid' },
    critical: { name: 'x509af.critical', label: 'critical', type: 'boolean' },
    extnValue: { name: 'x509af.extnValue', label: 'extnValue', type: 'bytes' },
    algorithmIdentifier: { name: 'x509af.algorithmIdentifier_element', label: 'algorithmIdentifier', type: 'none' },
    encrypted: { name: 'x509af.encrypted', label: 'encrypted', type: 'bytes' },
    userid: { name: 'x509af.Userid', label: 'Userid', type: 'string' },
  },
)

export const X509IF: ProtocolFields<'rdnSequence' | 'rdnItem' | 'attribute' | 'oid'> = defineProtocol(
  { name: 'x509if', label: 'X.509 Information Framework' },
  {
    rdnSequence: { name: 'x509if.rdnSequence', label: 'rdnSequence', type: 'uint32', base: 'dec' },
    rdnItem: { name: 'x509if.RDNSequence_item', label: 'RDNSequence item', type: 'uint32', base: 'dec' },
    attribute: { name: 'x509if.RelativeDistinguishedName_item_element', label: 'RelativeDistinguishedName item', type: 'none' },
    oid: { name: 'x509if.oid', label: 'Object Id', type: 'oid' },
  },
)

export const X509SAT: ProtocolFields<
  | 'directoryString'
  | 'uTF8String'
  | 'printableString'
  | 'teletexString'
  | 'universalString'
  | 'bmpString'
  | 'countryName'
  | 'ia5String'
  | 'plainPrintable'
  | 'plainUtf8'
  | 'numericString'
> = defineProtocol(
  { name: 'x509sat', label: 'X.509 Selected Attribute Types' },
  {
    directoryString: {
      name: 'x509sat.DirectoryString',
      label: 'DirectoryString',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'teletexString'],
        [1, 'printableString'],
        [2, 'universalString'],
        [3, 'bmpString'],
        [4, 'uTF8String'],
      ]),
    },
    uTF8String: { name: 'x509sat.uTF8String', label: 'uTF8String', type: 'string' },
    printableString: { name: 'x509sat.printableString', label: 'printableString', type: 'string' },
    teletexString: { name: 'x509sat.teletexString', label: 'teletexString', type: 'string' },
    universalString: { name: 'x509sat.universalString', label: 'universalString', type: 'string' },
    bmpString: { name: 'x509sat.bmpString', label: 'bmpString', type: 'string' },
    countryName: { name: 'x509sat.CountryName', label: 'CountryName', type: 'string' },
    ia5String: { name: 'x509sat.IA5String', label: 'IA5String', type: 'string' },
    plainPrintable: { name: 'x509sat.PrintableString', label: 'PrintableString', type: 'string' },
    plainUtf8: { name: 'x509sat.UTF8String', label: 'UTF8String', type: 'string' },
    numericString: { name: 'x509sat.NumericString', label: 'NumericString', type: 'string' },
  },
)

export const X509CE: ProtocolFields<
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'keyIdentifier'
  | 'authorityCertIssuer'
  | 'authorityCertSerialNumber'
  | 'basicConstraintsSyntax'
  | 'cA'
  | 'pathLenConstraint'
  | 'keyUsage'
  | 'keyUsageDigitalSignature'
  | 'keyUsageContentCommitment'
  | 'keyUsageKeyEncipherment'
  | 'keyUsageDataEncipherment'
  | 'keyUsageKeyAgreement'
  | 'keyUsageKeyCertSign'
  | 'keyUsageCRLSign'
  | 'keyUsageEncipherOnly'
  | 'keyUsageDecipherOnly'
  | 'keyPurposeIDs'
  | 'keyPurposeId'
  | 'generalNames'
  | 'generalName'
  | 'rfc822Name'
  | 'dnsName'
  | 'uniformResourceIdentifier'
  | 'ipAddressIpv4'
  | 'ipAddressIpv6'
  | 'ipAddress'
  | 'directoryName'
  | 'registeredID'
  | 'crlDistPointsSyntax'
  | 'crlPoint'
  | 'distributionPoint'
  | 'fullName'
  | 'certificatePoliciesSyntax'
  | 'policyInformation'
  | 'policyIdentifier'
> = defineProtocol(
  { name: 'x509ce', label: 'X.509 Certificate Extensions' },
  {
    subjectKeyIdentifier: { name: 'x509ce.SubjectKeyIdentifier', label: 'SubjectKeyIdentifier', type: 'bytes' },
    authorityKeyIdentifier: { name: 'x509ce.AuthorityKeyIdentifier_element', label: 'AuthorityKeyIdentifier', type: 'none' },
    keyIdentifier: { name: 'x509ce.keyIdentifier', label: 'keyIdentifier', type: 'bytes' },
    authorityCertIssuer: { name: 'x509ce.authorityCertIssuer', label: 'authorityCertIssuer', type: 'uint32', base: 'dec' },
    authorityCertSerialNumber: { name: 'x509ce.authorityCertSerialNumber', label: 'authorityCertSerialNumber', type: 'bytes' },
    basicConstraintsSyntax: { name: 'x509ce.BasicConstraintsSyntax_element', label: 'BasicConstraintsSyntax', type: 'none' },
    cA: { name: 'x509ce.cA', label: 'cA', type: 'boolean' },
    pathLenConstraint: { name: 'x509ce.pathLenConstraint', label: 'pathLenConstraint', type: 'uint64', base: 'dec' },
    keyUsage: { name: 'x509ce.KeyUsage', label: 'KeyUsage', type: 'bytes' },
    keyUsageDigitalSignature: { name: 'x509ce.KeyUsage.digitalSignature', label: 'digitalSignature', type: 'boolean', width: 8, mask: 0x80 },
    keyUsageContentCommitment: { name: 'x509ce.KeyUsage.contentCommitment', label: 'contentCommitment', type: 'boolean', width: 8, mask: 0x40 },
    keyUsageKeyEncipherment: { name: 'x509ce.KeyUsage.keyEncipherment', label: 'keyEncipherment', type: 'boolean', width: 8, mask: 0x20 },
    keyUsageDataEncipherment: { name: 'x509ce.KeyUsage.dataEncipherment', label: 'dataEncipherment', type: 'boolean', width: 8, mask: 0x10 },
    keyUsageKeyAgreement: { name: 'x509ce.KeyUsage.keyAgreement', label: 'keyAgreement', type: 'boolean', width: 8, mask: 0x8 },
    keyUsageKeyCertSign: { name: 'x509ce.KeyUsage.keyCertSign', label: 'keyCertSign', type: 'boolean', width: 8, mask: 0x4 },
    keyUsageCRLSign: { name: 'x509ce.KeyUsage.cRLSign', label: 'cRLSign', type: 'boolean', width: 8, mask: 0x2 },
    keyUsageEncipherOnly: { name: 'x509ce.KeyUsage.encipherOnly', label: 'encipherOnly', type: 'boolean', width: 8, mask: 0x1 },
    keyUsageDecipherOnly: { name: 'x509ce.KeyUsage.decipherOnly', label: 'decipherOnly', type: 'boolean', width: 8, mask: 0x80 },
    keyPurposeIDs: { name: 'x509ce.KeyPurposeIDs', label: 'KeyPurposeIDs', type: 'uint32', base: 'dec' },
    keyPurposeId: { name: 'x509ce.KeyPurposeId', label: 'KeyPurposeId', type: 'oid' },
    generalNames: { name: 'x509ce.GeneralNames', label: 'GeneralNames', type: 'uint32', base: 'dec' },
    generalName: {
      name: 'x509ce.GeneralName',
      label: 'GeneralName',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'otherName'],
        [1, 'rfc822Name'],
        [2, 'dNSName'],
        [3, 'x400Address'],
        [4, 'directoryName'],
        [5, 'ediPartyName'],
        [6, 'uniformResourceIdentifier'],
        [7, 'iPAddress'],
        [8, 'registeredID'],
      ]),
    },
    rfc822Name: { name: 'x509ce.rfc822Name', label: 'rfc822Name', type: 'string' },
    dnsName: { name: 'x509ce.dNSName', label: 'dNSName', type: 'string' },
    uniformResourceIdentifier: { name: 'x509ce.uniformResourceIdentifier', label: 'uniformResourceIdentifier', type: 'string' },
    ipAddressIpv4: { name: 'x509ce.IPAddress.ipv4', label: 'iPAddress', type: 'ipv4' },
    ipAddressIpv6: { name: 'x509ce.IPAddress.ipv6', label: 'iPAddress', type: 'ipv6' },
    ipAddress: { name: 'x509ce.iPAddress', label: 'iPAddress', type: 'bytes' },
    directoryName: { name: 'x509ce.directoryName', label: 'directoryName', type: 'uint32', base: 'dec', values: new Map([[0, 'rdnSequence']]) },
    registeredID: { name: 'x509ce.registeredID', label: 'registeredID', type: 'oid' },
    crlDistPointsSyntax: { name: 'x509ce.CRLDistPointsSyntax', label: 'CRLDistPointsSyntax', type: 'uint32', base: 'dec' },
    crlPoint: { name: 'x509ce.DistributionPoint_element', label: 'DistributionPoint', type: 'none' },
    distributionPoint: {
      name: 'x509ce.distributionPoint',
      label: 'distributionPoint',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'fullName'],
        [1, 'nameRelativeToCRLIssuer'],
      ]),
    },
    fullName: { name: 'x509ce.fullName', label: 'fullName', type: 'uint32', base: 'dec' },
    certificatePoliciesSyntax: { name: 'x509ce.CertificatePoliciesSyntax', label: 'CertificatePoliciesSyntax', type: 'uint32', base: 'dec' },
    policyInformation: { name: 'x509ce.PolicyInformation_element', label: 'PolicyInformation', type: 'none' },
    policyIdentifier: { name: 'x509ce.policyIdentifier', label: 'policyIdentifier', type: 'oid' },
  },
)

export const PKCS1: ProtocolFields<'modulus' | 'publicExponent' | 'ecParameters' | 'namedCurve'> = defineProtocol(
  { name: 'pkcs-1', label: 'PKCS#1' },
  {
    modulus: { name: 'pkcs1.modulus', label: 'modulus', type: 'bytes' },
    publicExponent: { name: 'pkcs1.publicExponent', label: 'publicExponent', type: 'int32', base: 'dec' },
    ecParameters: {
      name: 'pkcs1.ECParameters',
      label: 'ECParameters',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [0, 'specifiedCurve'],
        [1, 'namedCurve'],
      ]),
    },
    namedCurve: { name: 'pkcs1.namedCurve', label: 'namedCurve', type: 'oid' },
  },
)

export const PKIX: ProtocolFields<'authorityInfoAccessSyntax' | 'accessDescription' | 'accessMethod' | 'accessLocation'> = defineProtocol(
  { name: 'pkix1implicit', label: 'PKIX1Implitit' },
  {
    authorityInfoAccessSyntax: { name: 'pkix1implicit.AuthorityInfoAccessSyntax', label: 'AuthorityInfoAccessSyntax', type: 'uint32', base: 'dec' },
    accessDescription: { name: 'pkix1implicit.AccessDescription_element', label: 'AccessDescription', type: 'none' },
    accessMethod: { name: 'pkix1implicit.accessMethod', label: 'accessMethod', type: 'oid' },
    accessLocation: { name: 'pkix1implicit.accessLocation', label: 'accessLocation', type: 'uint32', base: 'dec' },
  },
)

export const BER: ProtocolFields<'padding'> = defineProtocol(
  { name: 'ber', label: 'Basic Encoding Rules (ASN.1 X.690)' },
  {
    padding: { name: 'ber.bitstring.padding', label: 'Padding', type: 'uint8', base: 'dec' },
  },
)
