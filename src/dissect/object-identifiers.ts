// Object identifiers: their bytes as dotted numbers and back, and the names of those that certificates are made of. [X.690, 8.19]
// Names are Wireshark's.

const NAMES: ReadonlyMap<string, string> = new Map([
  ['0.9.2342.19200300.100.1.1', 'id-userid'],
  ['0.9.2342.19200300.100.1.25', 'dc'],
  ['1.2.840.10040.4.1', 'id-dsa'],
  ['1.2.840.10045.2.1', 'id-ecPublicKey'],
  ['1.2.840.10045.3.1.1', 'secp192r1'],
  ['1.2.840.10045.3.1.7', 'secp256r1'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
  ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512'],
  ['1.2.840.113549.1.1.1', 'rsaEncryption'],
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.2.840.113549.1.1.7', 'id-RSAES-OAEP'],
  ['1.2.840.113549.1.1.8', 'id-mgf1'],
  ['1.2.840.113549.1.1.10', 'id-RSASSA-PSS'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
  ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
  ['1.2.840.113549.1.9.1', 'pkcs-9-at-emailAddress'],
  ['1.3.6.1.4.1.11129.2.4.2', 'SignedCertificateTimestampList'],
  ['1.3.6.1.5.5.7.1.1', 'id-pe-authorityInfoAccess'],
  ['1.3.6.1.5.5.7.2.1', 'id-qt-cps'],
  ['1.3.6.1.5.5.7.2.2', 'id-qt-unotice'],
  ['1.3.6.1.5.5.7.3.1', 'id-kp-serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'id-kp-clientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'id-kp-codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'id-kp-emailProtection'],
  ['1.3.6.1.5.5.7.3.8', 'id-kp-timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'id-kp-OCSPSigning'],
  ['1.3.6.1.5.5.7.48.1', 'id-ad-ocsp'],
  ['1.3.6.1.5.5.7.48.2', 'id-ad-caIssuers'],
  ['1.3.132.0.34', 'secp384r1'],
  ['1.3.132.0.35', 'secp521r1'],
  ['2.5.4.3', 'id-at-commonName'],
  ['2.5.4.4', 'id-at-surname'],
  ['2.5.4.5', 'id-at-serialNumber'],
  ['2.5.4.6', 'id-at-countryName'],
  ['2.5.4.7', 'id-at-localityName'],
  ['2.5.4.8', 'id-at-stateOrProvinceName'],
  ['2.5.4.9', 'id-at-streetAddress'],
  ['2.5.4.10', 'id-at-organizationName'],
  ['2.5.4.11', 'id-at-organizationalUnitName'],
  ['2.5.4.12', 'id-at-title'],
  ['2.5.4.13', 'id-at-description'],
  ['2.5.4.15', 'id-at-businessCategory'],
  ['2.5.4.17', 'id-at-postalCode'],
  ['2.5.4.41', 'id-at-name'],
  ['2.5.4.42', 'id-at-givenName'],
  ['2.5.4.43', 'id-at-initials'],
  ['2.5.4.44', 'id-at-generationQualifier'],
  ['2.5.4.46', 'id-at-dnQualifier'],
  ['2.5.4.65', 'id-at-pseudonym'],
  ['2.5.4.97', 'id-at-organizationIdentifier'],
  ['2.5.29.9', 'id-ce-subjectDirectoryAttributes'],
  ['2.5.29.14', 'id-ce-subjectKeyIdentifier'],
  ['2.5.29.15', 'id-ce-keyUsage'],
  ['2.5.29.16', 'id-ce-privateKeyUsagePeriod'],
  ['2.5.29.17', 'id-ce-subjectAltName'],
  ['2.5.29.18', 'id-ce-issuerAltName'],
  ['2.5.29.19', 'id-ce-basicConstraints'],
  ['2.5.29.20', 'id-ce-cRLNumber'],
  ['2.5.29.30', 'id-ce-nameConstraints'],
  ['2.5.29.31', 'id-ce-cRLDistributionPoints'],
  ['2.5.29.32', 'id-ce-certificatePolicies'],
  ['2.5.29.32.0', 'anyPolicy'],
  ['2.5.29.33', 'id-ce-policyMappings'],
  ['2.5.29.35', 'id-ce-authorityKeyIdentifier'],
  ['2.5.29.36', 'id-ce-policyConstraints'],
  ['2.5.29.37', 'id-ce-extKeyUsage'],
])

/** Names of the roots, and of the organisation below one. */
const ROOTS: readonly (readonly [dotted: string, name: string])[] = [
  ['1.3', 'iso.3'],
  ['0', 'itu-t'],
  ['1', 'iso'],
  ['2', 'joint-iso-itu-t'],
]

/** More numbers than any identifier in use has bytes. */
const LONGEST = 128

/** `2.5.4.3`. Bytes that break off in the middle of a number leave it out. */
export function identifierText(bytes: Uint8Array): string {
  const numbers: (number | bigint)[] = []
  let value = 0n
  for (const byte of bytes.subarray(0, LONGEST)) {
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    if (numbers.length === 0) {
      const first = value < 40n ? 0n : value < 80n ? 1n : 2n
      numbers.push(first, value - 40n * first)
    } else numbers.push(value)
    value = 0n
  }
  return numbers.join('.')
}

/** The name, or the dotted numbers behind the name of the root: `iso.3.101.112`. */
export function identifierName(dotted: string): string {
  const known = NAMES.get(dotted)
  if (known !== undefined) return known
  for (const [numbers, name] of ROOTS) if (dotted.startsWith(`${numbers}.`)) return name + dotted.slice(numbers.length)
  return dotted
}

/** Number and name, as the tree shows them. */
export function identifierLine(bytes: Uint8Array): string {
  const dotted = identifierText(bytes)
  return `${dotted} (${identifierName(dotted)})`
}

/** The bytes of dotted numbers; null when they are none. */
export function identifierBytes(text: string): Uint8Array | null {
  if (!/^[0-2](?:\.\d{1,18}){1,32}$/.test(text)) return null
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt)
  if (first < 2n && second > 39n) return null
  const bytes: number[] = []
  for (const number of [first * 40n + second, ...rest]) {
    const digits = [Number(number & 0x7fn)]
    for (let more = number >> 7n; more > 0n; more >>= 7n) digits.unshift(0x80 | Number(more & 0x7fn))
    bytes.push(...digits)
  }
  return Uint8Array.from(bytes)
}
