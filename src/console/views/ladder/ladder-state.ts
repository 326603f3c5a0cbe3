// What both ends know at a moment of the ladder: messages in flight, and what each of them waits for [section 4.3 of the standard].
// Pure: told from the packets that have passed; a lost one reached nobody.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LadderModel, Step } from './ladder-model.ts'

/** One end of one session, in one role. */
export interface EndState {
  /** Lane of the client. */
  readonly client: number
  readonly broker: number
  /** Which end, and whether it sends the messages or gets them. */
  readonly end: 'client-sends' | 'broker-gets' | 'broker-sends' | 'client-gets'
  /** Packet Identifiers, with what the end waits for. */
  readonly waiting: readonly { readonly packetId: number; readonly for: 'PUBACK' | 'PUBREC' | 'PUBCOMP' | 'PUBREL' }[]
}

const ENDS = ['client-sends', 'broker-gets', 'broker-sends', 'client-gets'] as const

/** After the step `at`; -1 = before all. Ends that never have a QoS 1 or 2 message are left out. */
export function stateAt({ steps, lanes }: LadderModel, at: number): EndState[] {
  const waiting = new Map<string, Map<number, EndState['waiting'][number]['for']>>()
  const used = new Map<string, { readonly client: number; readonly broker: number; readonly end: EndState['end'] }>()
  const tableOf = (step: Step, end: EndState['end']): Map<number, EndState['waiting'][number]['for']> => {
    const client = lanes[step.from]?.kind === 'broker' ? step.to : step.from
    const broker = client === step.from ? step.to : step.from
    const key = `${String(client).padStart(4)} ${ENDS.indexOf(end)}`
    used.set(key, { client, broker, end })
    const table = waiting.get(key) ?? new Map()
    waiting.set(key, table)
    return table
  }
  for (const [i, step] of steps.entries()) {
    const { type, qos, packetId, fromClient, reasonCode } = step.message
    if (type < PacketType.Publish || type > PacketType.Pubcomp || (type === PacketType.Publish && qos === 0)) continue
    const isFromSender = type === PacketType.Publish || type === PacketType.Pubrel
    const senderIsClient = fromClient === isFromSender
    const sender = tableOf(step, senderIsClient ? 'client-sends' : 'broker-sends')
    const receiver = tableOf(step, senderIsClient ? 'broker-gets' : 'client-gets')
    if (i > at) continue
    switch (type) {
      case PacketType.Publish:
        sender.set(packetId, qos === 2 ? 'PUBREC' : 'PUBACK')
        if (qos === 2 && !step.isLost) receiver.set(packetId, 'PUBREL')
        break
      case PacketType.Pubrec:
        if (reasonCode >= 0x80) {
          sender.delete(packetId)
          receiver.delete(packetId)
        } else if (!step.isLost && sender.has(packetId)) sender.set(packetId, 'PUBCOMP')
        break
      case PacketType.Pubrel:
        if (!step.isLost) receiver.delete(packetId)
        break
      default:
        if (!step.isLost) sender.delete(packetId)
    }
  }
  return [...used.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, who]) => ({ ...who, waiting: [...(waiting.get(key) ?? new Map())].map(([packetId, what]) => ({ packetId, for: what })) }))
}
