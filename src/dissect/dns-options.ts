// The options of an OPT record: client subnets, cookies, padding, errors in words. [RFC 6891, RFC 7871, RFC 7873, RFC 8914]
// Each option shows its bytes, then what they mean.

import { DNS_OPTION as R } from './dns-option-fields.ts'
import { DNS_OPTIONS } from './dns-values.ts'
import type { Walk } from './walk.ts'

const Code = { Dau: 5, Dhu: 6, N3u: 7, ClientSubnet: 8, Cookie: 10, KeepAlive: 11, Padding: 12, ExtendedError: 15, OldClientSubnet: 20_730 } as const
const CLIENT_COOKIE = 8

/** Options up to `end`. */
export function addOptions(walk: Walk, end: number, row: number): void {
  const { rows, source, bytes } = walk
  while (walk.at < end) {
    walk.need(4)
    const [code, size] = [(bytes[walk.at]! << 8) | bytes[walk.at + 1]!, (bytes[walk.at + 2]! << 8) | bytes[walk.at + 3]!]
    const tree = rows.add(R.opt, source, walk.at, 4 + size, row)
    const name = DNS_OPTIONS.get(code)
    if (walk.context!.demand.text(R.opt)) rows.setText(tree, `Option: ${name ?? `Unknown (${code})`}`)
    walk.two(R.optCode, tree)
    walk.two(R.optLen, tree)
    const from = walk.at
    walk.run(R.optData, size, tree)
    walk.at = from
    addMeaning(walk, code, size, tree)
    walk.at = from + size
  }
}

const ALGORITHM_LISTS: ReadonlyMap<number, number> = new Map<number, number>([
  [Code.Dau, R.optDau],
  [Code.Dhu, R.optDhu],
  [Code.N3u, R.optN3u],
])

function addMeaning(walk: Walk, code: number, size: number, tree: number): void {
  const list = ALGORITHM_LISTS.get(code)
  if (list !== undefined) for (let i = 0; i < size; i++) walk.byte(list, tree)
  else if (code === Code.ClientSubnet || code === Code.OldClientSubnet) addClientSubnet(walk, size, tree)
  else if (code === Code.Cookie) {
    walk.run(R.optCookieClient, CLIENT_COOKIE, tree)
    walk.run(R.optCookieServer, Math.max(0, size - CLIENT_COOKIE), tree)
  } else if (code === Code.KeepAlive) {
    if (size === 2) walk.two(R.optEdnsTcpKeepaliveTimeout, tree)
  } else if (code === Code.Padding) walk.run(R.optPadding, size, tree)
  else if (code === Code.ExtendedError) {
    walk.two(R.optExtErrorInfoCode, tree)
    if (size > 2) walk.text(R.optExtErrorExtraText, size - 2, tree)
  }
}

/** An address without the zeros at its end. */
function addClientSubnet(walk: Walk, size: number, tree: number): void {
  const family = walk.two(R.optClientFamily, tree)
  walk.byte(R.optClientNetmask, tree)
  walk.byte(R.optClientScope, tree)
  const [left, width] = [size - 4, family === 1 ? 4 : 16]
  if (family !== 1 && family !== 2) {
    walk.run(R.optClientAddr, Math.max(0, left), tree)
    return
  }
  if (left < 0 || left > width) return
  walk.need(left)
  const address = new Uint8Array(width)
  address.set(walk.bytes.subarray(walk.at, walk.at + left))
  const value = family === 1 ? new DataView(address.buffer).getUint32(0) : address
  walk.rows.addGiven(family === 1 ? R.optClientAddr4 : R.optClientAddr6, walk.source, walk.at, left, tree, value)
}
