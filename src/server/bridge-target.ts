// How a bridge of a configuration is dialled: TCP or TLS, with its certificates or its pre-shared key; reads the files that it names.
// What the bridge does with the connection is bridge/.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BridgeAddress } from '../bridge/bridge-settings.ts'
import type { BridgeConfiguration } from '../config/bridge-configuration.ts'
import type { DialTarget, TlsDialOptions } from '../net/dial.ts'
import { CertificateError } from './configured-listeners.ts'

/** Where systems keep the authorities that they trust. */
const OS_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem']
const BEGIN = '-----BEGIN CERTIFICATE-----'

/** From an address of the bridge to what `dial` takes. @throws CertificateError when a file cannot be read */
export function bridgeTarget(bridge: BridgeConfiguration): (address: BridgeAddress) => DialTarget {
  const from = bridge.bindAddress === null ? {} : { localAddress: bridge.bindAddress }
  const tls = tlsOfBridge(bridge)
  return ({ host, port }) => (tls === null ? { transport: 'tcp', host, port, ...from } : { transport: 'tls', host, port, tls, ...from })
}

/** What a bridge reads when it is configured. */
export function filesOfBridge({ cafile, certfile, keyfile }: BridgeConfiguration): string[] {
  return [cafile, certfile, keyfile].filter((path) => path !== null)
}

/** Whether a bridge uses TLS, as in Mosquitto: by what it trusts. */
export function usesTls({ cafile, capath, psk, useOsCertificates }: BridgeConfiguration): boolean {
  return cafile !== null || capath !== null || psk !== null || useOsCertificates
}

function tlsOfBridge(bridge: BridgeConfiguration): TlsDialOptions | null {
  if (!usesTls(bridge)) return null
  const { name, certfile, keyfile, ciphers, ciphersTls13, tlsVersion, alpn, insecure, psk, pskIdentity } = bridge
  return {
    ...(psk === null ? { ca: authorities(bridge) } : { psk: { identity: pskIdentity!, key: keyOf(psk, name) } }),
    ...(certfile === null ? {} : { cert: contents(certfile, `Unable to load certificate '${certfile}' of bridge ${name}. Check bridge_certfile`) }),
    ...(keyfile === null ? {} : { key: contents(keyfile, `Unable to load key file '${keyfile}' of bridge ${name}. Check bridge_keyfile`) }),
    ...(ciphers === null ? {} : { ciphers }),
    ...(ciphersTls13 === null ? {} : { ciphersuites13: ciphersTls13 }),
    ...(tlsVersion === null ? {} : { minVersion: tlsVersion }), // the least one, as in Mosquitto
    ...(alpn === null ? {} : { alpn: [alpn] }),
    // the certificate must still come from an authority that is trusted
    ...(insecure && psk === null ? { checkServerIdentity: () => undefined } : {}),
  }
}

function authorities({ name, cafile, capath, useOsCertificates }: BridgeConfiguration): Buffer[] {
  const found: Buffer[] = []
  if (cafile !== null) found.push(contents(cafile, `Unable to load CA certificates of bridge ${name}. Check bridge_cafile '${cafile}'`))
  if (capath !== null) found.push(...folder(capath, `Unable to load CA certificates of bridge ${name}. Check bridge_capath '${capath}'`))
  if (!useOsCertificates) return found
  const bundle = OS_BUNDLES.find((path) => existsSync(path))
  if (bundle === undefined)
    throw new CertificateError(
      `Bridge ${name}: this system keeps no CA certificates where we look: name them with bridge_cafile instead of bridge_tls_use_os_certs.`,
    )
  found.push(contents(bundle, `Unable to load CA certificates of bridge ${name} from '${bundle}'`))
  return found
}

function contents(path: string, sentence: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CertificateError(`${sentence}: ${(error as Error).message}.`)
  }
}

/** Every file of the folder that holds a certificate. */
function folder(path: string, sentence: string): Buffer[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    throw new CertificateError(`${sentence}: ${(error as Error).message}.`)
  }
  const found = names.toSorted().flatMap((name) => {
    try {
      const content = readFileSync(join(path, name))
      return content.includes(BEGIN) ? [content] : []
    } catch {
      return [] // a folder, or a link to nowhere
    }
  })
  if (found.length === 0) throw new CertificateError(`${sentence}: no file there holds one.`)
  return found
}

/** Hexadecimal without 0x; one digit alone counts as the low half of its byte. */
function keyOf(psk: string, name: string): Buffer {
  if (!/^[0-9a-f]+$/i.test(psk)) throw new CertificateError(`Bridge ${name}: bridge_psk must be hexadecimal digits without 0x.`)
  return Buffer.from(psk.length % 2 === 0 ? psk : `0${psk}`, 'hex')
}
