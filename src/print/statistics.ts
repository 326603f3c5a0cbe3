// -z: what can be counted, by name. Every packet of the capture is counted, also those that -Y hides, as tshark does.
// The counting is in the statistics-….ts files.

import type { Packet } from '../dissect/packet.ts'
import type { PrinterNeeds } from './printer.ts'
import { Conversations, Endpoints, ExpertNotes } from './statistics-flows.ts'
import { IntervalStatistics, ProtocolHierarchy } from './statistics-io.ts'
import { ClientTally, MqttStatistics, QosTally, RateTally, TopicTally, TypeTally } from './statistics-mqtt.ts'
import type { TextOutput } from './text-output.ts'

export interface Statistics {
  readonly needs: PrinterNeeds
  /** Borrowed for the call. */
  packet(packet: Packet): void
  print(out: TextOutput): void
}

export const STATISTICS_NAMES: readonly string[] = [
  'mqtt,types',
  'mqtt,topics',
  'mqtt,clients',
  'mqtt,qos',
  'mqtt,rates',
  'io,stat,SECONDS[,FILTER…]',
  'io,phs[,FILTER]',
  'conv,tcp[,FILTER]',
  'conv,udp[,FILTER]',
  'endpoints,tcp[,FILTER]',
  'endpoints,udp[,FILTER]',
  'expert',
]

/** Null = there is none of this name. `compile` makes a test of a filter; it throws what a wrong filter throws. */
export function openStatistics(text: string, compile: FilterCompiler): Statistics | null {
  const [family = '', kind = '', ...rest] = text.split(',')
  const filter = rest.join(',')
  const limited = (): PacketTest | null => (filter === '' ? null : compile(filter))
  switch (`${family},${kind}`) {
    case 'mqtt,types':
      return new MqttStatistics(new TypeTally())
    case 'mqtt,topics':
      return new MqttStatistics(new TopicTally())
    case 'mqtt,clients':
      return new MqttStatistics(new ClientTally())
    case 'mqtt,qos':
      return new MqttStatistics(new QosTally())
    case 'mqtt,rates':
      return new MqttStatistics(new RateTally())
    case 'io,phs':
      return new ProtocolHierarchy(filter, limited())
    case 'io,stat': {
      const [seconds = '0', ...filters] = rest
      if (!/^\d+(\.\d+)?$/.test(seconds)) return null
      return new IntervalStatistics(
        Number(seconds),
        filters.map((part) => ({ text: part, test: part === '' ? null : compile(part) })),
      )
    }
    case 'conv,tcp':
    case 'conv,udp':
      return new Conversations(kind as 'tcp' | 'udp', filter, limited())
    case 'endpoints,tcp':
    case 'endpoints,udp':
      return new Endpoints(kind as 'tcp' | 'udp', filter, limited())
    case 'expert,':
      return new ExpertNotes()
    default:
      return null
  }
}

/** A compiled filter, as far as statistics use it. */
export interface PacketTest {
  readonly fields: readonly string[]
  test(packet: Packet): boolean
}

export type FilterCompiler = (text: string) => PacketTest
