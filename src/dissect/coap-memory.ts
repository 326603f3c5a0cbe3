// What CoAP remembers of a capture beyond single conversations: clients and their requests, bodies under way.
// Hangs on the context, of which each capture has one.

import { CoapBlocks } from './coap-blocks.ts'
import { CoapClients } from './coap-state.ts'
import type { DissectContext } from './context.ts'

class CoapMemory {
  readonly blocks: CoapBlocks = new CoapBlocks()
  readonly clients: CoapClients = new CoapClients()
}

const MEMORIES = new WeakMap<DissectContext, CoapMemory>()

export function coapMemoryOf(context: DissectContext): CoapMemory {
  let memory = MEMORIES.get(context)
  if (memory === undefined) {
    memory = new CoapMemory()
    MEMORIES.set(context, memory)
  }
  return memory
}

/** Address and port of the sender, or of the receiver. */
export function endOf(context: DissectContext, end: 'sender' | 'receiver'): string {
  const { conversation, direction } = context
  if (conversation === null) return ''
  return (direction === 0) === (end === 'sender')
    ? `${conversation.firstAddress}:${conversation.firstPort}`
    : `${conversation.secondAddress}:${conversation.secondPort}`
}

/** Both addresses, in the message's direction. */
export function directionOf({ conversation, direction }: DissectContext): string {
  if (conversation === null) return ''
  const { firstAddress, secondAddress } = conversation
  return direction === 0 ? `${firstAddress}>${secondAddress}` : `${secondAddress}>${firstAddress}`
}
