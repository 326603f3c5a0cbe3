// What a fault does, in a sentence: for the log, and for programs that show it.
// The page has its own words, in its user's language.

import type { FaultAction, FaultFacts, FaultStrike } from './api-types.ts'

const TYPES: readonly string[] =
  '? CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK PINGREQ PINGRESP DISCONNECT AUTH'.split(' ')

/** Filters that people need not read as such. */
const PLAIN = /^mqtt\.msgtype == (\d{1,2})(?: && mqtt\.qos == ([012]))?$/

const FATES: Readonly<Record<FaultStrike['fate'], string>> = {
  dropped: 'lost',
  delayed: 'held up',
  duplicated: 'repeated',
  cut: 'broke the connection at',
  silenced: 'lets nothing pass from here on:',
}

export function faultSentence(fault: FaultFacts): string {
  const packets = packetsOf(fault)
  const sentences: Readonly<Record<FaultAction, () => string>> = {
    drop: () => `Loses ${packets}${lossSentence(fault)}`,
    delay: () => `Holds up ${packets} for ${fault.ms} ms${fault.jitterMs === null ? '' : ` and up to ${fault.jitterMs} more`}`,
    duplicate: () => `Sends ${packets} ${(fault.copies ?? 1) === 1 ? 'twice' : `${(fault.copies ?? 1) + 1} times`}`,
    cut: () => `Breaks the connection ${{ before: 'before', middle: 'in the middle of', after: 'after' }[fault.at ?? 'before']} ${packets}`,
    silence: () => `Lets nothing pass in either direction from ${packets} on`,
  }
  return `${sentences[fault.action]()}.`
}

/** One line of the log, without a full stop. */
export function strikeSentence({ fault, fate, info, from, client }: FaultStrike): string {
  return `Fault ${fault} ${FATES[fate]} ${info} ${from === 'client' ? 'from' : 'to'} ${client === null ? 'a client' : `client ${client}`}`
}

function lossSentence({ filter, cut }: FaultFacts): string {
  if (cut === true) return ' and breaks the connection'
  if (cut === false) return ' and keeps the connection'
  const type = Number(PLAIN.exec(filter)?.[1] ?? 0)
  if (type === 0) return '; with an acknowledgement breaks the connection'
  return (type >= 4 && type <= 7) || type === 9 || type === 11 ? ' and breaks the connection' : ''
}

function packetsOf({ filter, from, client, topic, times, nth, every }: FaultFacts): string {
  const plain = PLAIN.exec(filter)
  const isOne = nth === null && every === null && (times ?? 1) === 1
  const packets = isOne ? 'packet' : 'packets'
  const qos = plain?.[2] === undefined ? '' : ` with QoS ${plain[2]}`
  const what = plain !== null ? `${TYPES[Number(plain[1])] ?? '?'}${qos}` : filter === '' ? packets : `${packets} with ${filter}`
  const some = times === null ? 'every' : times === 1 ? 'the next' : `the next ${times}`
  const which = nth !== null ? `only number ${nth} of the` : every !== null ? `one in ${every}` : some
  const way = from === null ? 'of' : from === 'client' ? 'from' : 'to'
  const whose = client !== null ? ` ${way} client ${client}` : from === null ? '' : ` ${way} clients`
  return `${which} ${what}${whose}${topic === null ? '' : ` about ${topic}`}`
}
