// The parameters of SVCB and HTTPS records: what a service speaks, and where. [RFC 9460]
// Each shows its key and length, then its value by kind.

import { ipv4Text, ipv6Text } from './address-text.ts'
import { DNS_OPTION as R } from './dns-option-fields.ts'
import { DNS_SERVICE_KEYS } from './dns-values.ts'
import type { Walk } from './walk.ts'

const Key = { Mandatory: 0, Alpn: 1, NoDefaultAlpn: 2, Port: 3, Ipv4: 4, EncryptedHello: 5, Ipv6: 6, ObliviousDoh: 32_769 } as const

/** Parameters up to `end`. */
export function addServiceParameters(walk: Walk, end: number, row: number): void {
  const { rows, source, bytes } = walk
  while (walk.at < end) {
    walk.need(4)
    const [key, size] = [(bytes[walk.at]! << 8) | bytes[walk.at + 1]!, (bytes[walk.at + 2]! << 8) | bytes[walk.at + 3]!]
    const tree = rows.add(R.svcbSvcparam, source, walk.at, 4 + size, row)
    walk.two(R.svcbSvcparamKey, tree)
    walk.two(R.svcbSvcparamValueLength, tree)
    const from = walk.at
    const said = addValue(walk, key, from + size, tree)
    const name = DNS_SERVICE_KEYS.get(key) ?? `key${key}`
    if (walk.context!.demand.text(R.svcbSvcparam)) rows.setText(tree, `SvcParam: ${name}${said === '' ? '' : `=${said}`}`)
    walk.at = from + size
  }
}

/** Returns the value in words. */
function addValue(walk: Walk, key: number, end: number, tree: number): string {
  const { bytes } = walk
  const said: string[] = []
  switch (key) {
    case Key.Mandatory:
      while (walk.at < end) {
        const name = walk.two(R.svcbSvcparamMandatoryKey, tree)
        said.push(DNS_SERVICE_KEYS.get(name) ?? `key${name}`)
      }
      return said.join(',')
    case Key.Alpn:
      while (walk.at < end) {
        const size = walk.byte(R.svcbSvcparamAlpnLength, tree)
        walk.text(R.svcbSvcparamAlpn, size, tree)
        said.push(String.fromCharCode(...bytes.subarray(walk.at - size, walk.at)))
      }
      return said.join(',')
    case Key.NoDefaultAlpn:
      return ''
    case Key.Port:
      return String(walk.two(R.svcbSvcparamPort, tree))
    case Key.Ipv4:
      while (walk.at < end) {
        const { at } = walk
        walk.run(R.svcbSvcparamIpv4hintIp, 4, tree)
        said.push(ipv4Text(((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0))
      }
      return said.join(',')
    case Key.Ipv6:
      while (walk.at < end) {
        walk.run(R.svcbSvcparamIpv6hintIp, 16, tree)
        said.push(ipv6Text(bytes.subarray(walk.at - 16, walk.at)))
      }
      return said.join(',')
    case Key.EncryptedHello:
      walk.run(R.svcbSvcparamEchconfig, end - walk.at, tree)
      return ''
    case Key.ObliviousDoh:
      walk.run(R.svcbSvcparamOdohconfig, end - walk.at, tree)
      return ''
    default:
      if (end > walk.at) walk.run(R.svcbSvcparamValue, end - walk.at, tree)
      return ''
  }
}
