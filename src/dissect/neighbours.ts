// Neighbour discovery in ICMPv6: solicitations and advertisements of routers and neighbours, redirects. [RFC 4861]
// Their options are in neighbour-options.ts.

import { ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { ICMPV6_BODY } from './icmpv6-fields.ts'
import { addNeighbourOptions, routerFlagText } from './neighbour-options.ts'
import type { Walk } from './walk.ts'

const Type = { RouterSolicitation: 133, RouterAdvertisement: 134, NeighborSolicitation: 135, NeighborAdvertisement: 136, Redirect: 137 } as const

/** A message behind its check sum; false when it is none of neighbour discovery. */
export function addNeighbours(context: DissectContext, walk: Walk, root: number, type: number): boolean {
  const { columns, demand } = context
  let address = ''
  const say = (text: string): void => {
    if (demand.columns) columns.appendInfo(text)
  }
  switch (type) {
    case Type.RouterSolicitation:
      walk.run(ICMPV6_BODY.reserved, 4, root)
      address = addNeighbourOptions(context, walk, root)
      say(address === '' ? '' : ` from ${address}`)
      return true
    case Type.RouterAdvertisement:
      walk.byte(ICMPV6_BODY.ndRaCurHopLimit, root)
      addRouterFlags(context, walk, root)
      walk.two(ICMPV6_BODY.ndRaRouterLifetime, root)
      walk.run(ICMPV6_BODY.ndRaReachableTime, 4, root)
      walk.run(ICMPV6_BODY.ndRaRetransTimer, 4, root)
      address = addNeighbourOptions(context, walk, root)
      say(address === '' ? '' : ` from ${address}`)
      return true
    case Type.NeighborSolicitation: {
      walk.run(ICMPV6_BODY.reserved, 4, root)
      walk.run(ICMPV6_BODY.ndNsTargetAddress, 16, root)
      say(` for ${ipv6Text(walk.bytes.subarray(walk.at - 16, walk.at))}`)
      address = addNeighbourOptions(context, walk, root)
      say(address === '' ? '' : ` from ${address}`)
      return true
    }
    case Type.NeighborAdvertisement: {
      const letters = addNeighbourFlags(context, walk, root)
      walk.run(ICMPV6_BODY.ndNaTargetAddress, 16, root)
      say(` ${ipv6Text(walk.bytes.subarray(walk.at - 16, walk.at))}${letters === '' ? '' : ` (${letters})`}`)
      address = addNeighbourOptions(context, walk, root)
      say(address === '' ? '' : ` is at ${address}`)
      return true
    }
    case Type.Redirect:
      walk.run(ICMPV6_BODY.reserved, 4, root)
      walk.run(ICMPV6_BODY.ndRdTargetAddress, 16, root)
      walk.run(ICMPV6_BODY.rdNaDestinationAddress, 16, root)
      address = addNeighbourOptions(context, walk, root)
      say(address === '' ? '' : ` is at ${address}`)
      return true
    default:
      return false
  }
}

function addRouterFlags({ rows, demand }: DissectContext, walk: Walk, root: number): void {
  const { at, source, bytes } = walk
  const row = walk.run(ICMPV6_BODY.ndRaFlag, 1, root)
  for (const field of [
    ICMPV6_BODY.ndRaFlagM,
    ICMPV6_BODY.ndRaFlagO,
    ICMPV6_BODY.ndRaFlagH,
    ICMPV6_BODY.ndRaFlagPrf,
    ICMPV6_BODY.ndRaFlagP,
    ICMPV6_BODY.ndRaFlagRsv,
  ])
    rows.add(field, source, at, 1, row)
  if (demand.text(ICMPV6_BODY.ndRaFlag)) rows.setText(row, `Flags: 0x${bytes[at]!.toString(16).padStart(2, '0')}${routerFlagText(bytes[at]!)}`)
}

const NEIGHBOUR_FLAGS = [
  [0x80, 'Router', 'rtr', ICMPV6_BODY.ndNaFlagR],
  [0x40, 'Solicited', 'sol', ICMPV6_BODY.ndNaFlagS],
  [0x20, 'Override', 'ovr', ICMPV6_BODY.ndNaFlagO],
] as const

/** Returns the flags as the Info column has them. */
function addNeighbourFlags({ rows, demand }: DissectContext, walk: Walk, root: number): string {
  const { at, source, bytes } = walk
  const row = walk.run(ICMPV6_BODY.ndNaFlag, 4, root)
  const set = NEIGHBOUR_FLAGS.filter(([bit]) => (bytes[at]! & bit) !== 0)
  for (const [, , , field] of NEIGHBOUR_FLAGS) rows.add(field, source, at, 4, row)
  rows.add(ICMPV6_BODY.ndNaFlagRsv, source, at, 4, row)
  if (demand.text(ICMPV6_BODY.ndNaFlag)) {
    const number = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0).toString(16).padStart(8, '0')
    rows.setText(row, `Flags: 0x${number}${set.map(([, name]) => `, ${name}`).join('')}`)
  }
  return set.map(([, , letters]) => letters).join(', ')
}
