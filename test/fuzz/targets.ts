// Everything that reads bytes or text from outside, each with what it may make of them: an answer, or the one error that it declares.
// A target returns whether the input was taken; it throws when a law is broken. Neighbours: mutations.ts, readers.test.ts, which runs them.

import fc from 'fast-check'
import { AccessFileError } from '../../src/auth/access-file.ts'
import { AclFile } from '../../src/auth/acl-file.ts'
import { parsePasswordFile } from '../../src/auth/password-file.ts'
import { parsePskFile } from '../../src/auth/psk-file.ts'
import { parseClientFinal, parseClientFirst, parseServerFinal, parseServerFirst, ScramError } from '../../src/auth/scram-message.ts'
import { CaptureError } from '../../src/capture/capture-error.ts'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { captureWriter } from '../../src/capture/capture-writer.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'
import { ConfigError } from '../../src/config/configuration.ts'
import { OPTIONS } from '../../src/config/options.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { ProtocolError } from '../../src/wire/errors.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { ProtocolVersion, Sender } from '../../src/wire/mqtt/packet.ts'
import { explainMatch, hasCorrectWildcards, isTopicFilter, isTopicName, parseSharedFilter, topicMatchesFilter } from '../../src/wire/mqtt/topics.ts'
import { LONGEST_HEADER, readProxyHeader } from '../../src/wire/proxy-protocol.ts'
import { connackOf, Dialogue } from '../client/scripted-server.ts'
import { packet, SENDERS, topicFilter, topicName, VERSIONS } from '../wire/arbitraries.ts'
import { described, receive } from '../wire/framing.ts'
import { binaryHeader, IPV4_ENDS, proxied, sslTlv, tlv } from '../wire/proxy-headers.ts'
import { mutated, pieces, torn } from './mutations.ts'

export interface Target {
  readonly name: string
  /** Throws, or is rejected, when a law is broken; gives back whether the input was taken, for the target to know that it meets both. */
  readonly property: (taken: (isTaken: boolean) => void) => fc.IProperty<unknown> | fc.IAsyncProperty<unknown>
}

const ascii = new TextEncoder()

function law(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence)
}

/** True when `read` gives an answer, false when it throws its own error; anything else it throws breaks the law. */
function reads(read: () => unknown, error: new (...given: never[]) => Error): boolean {
  try {
    read()
    return true
  } catch (thrown) {
    if (thrown instanceof error) return false
    throw thrown
  }
}

function wirePackets(version: ProtocolVersion, sender: Sender): fc.Arbitrary<Uint8Array> {
  return fc
    .array(packet(version, sender), { minLength: 1, maxLength: 4 })
    .map((packets) => Uint8Array.from(packets.flatMap((one) => [...encodePacket(one, version)])))
}

const framer: Target = {
  name: 'framer and decoder',
  property: (taken) =>
    fc.property(
      fc
        .tuple(fc.constantFrom(...VERSIONS), fc.constantFrom(...SENDERS))
        .chain(([version, sender]) => fc.tuple(fc.constant(version), fc.constant(sender), mutated(wirePackets(version, sender)), pieces)),
      ([version, sender, bytes, lengths]) => {
        const whole = receive([bytes], { version, sender })
        const parts = receive(torn(bytes, lengths), { version, sender })
        law(JSON.stringify(described(parts.packets)) === JSON.stringify(described(whole.packets)), 'in pieces it is something else than whole')
        law(parts.error?.reasonCode === whole.error?.reasonCode, 'in pieces the fault is another one')
        law(whole.kept <= bytes.length, 'more is kept than has come')
        taken(whole.error === null && whole.packets.length > 0)
      },
    ),
}

const client: Target = {
  name: "a client's connection",
  property: (taken) =>
    fc.property(
      fc.constantFrom(...VERSIONS).chain((version) => fc.tuple(fc.constant(version), mutated(wirePackets(version, 'server')), fc.boolean(), fc.nat(20))),
      ([version, bytes, isConnected, chunk]) => {
        const dialogue = new Dialogue(version).open({ cleanStart: true, keepAlive: 10 })
        if (isConnected) dialogue.say(connackOf())
        dialogue.link.give(bytes, chunk === 0 ? bytes.length || 1 : chunk)
        taken(dialogue.link.ended === null)
        dialogue.pass(60_000)
        dialogue.link.cut()
        law(dialogue.deadlines.count === 0, 'a deadline stays')
      },
    ),
}

const OPTION_NAMES = OPTIONS.map(({ row }) => row.name).filter((name) => name !== 'include_dir') // a folder of this machine would be read
const optionValue = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    '1883',
    '0',
    '-1',
    '4294967296',
    '1d',
    '1e9',
    'all',
    'none',
    'mqtt',
    'websockets',
    'a b c',
    '127.0.0.1',
    '::1',
    '',
    '#',
    '+/x',
    'in',
    'both 0 a b',
    '\t',
  ),
  fc.string({ maxLength: 20 }),
  fc.integer().map(String),
)
const configurationLine = fc.tuple(fc.constantFrom(...OPTION_NAMES), optionValue).map(([name, value]) => `${name} ${value}`)
const configuration: Target = {
  name: 'configuration files',
  property: (taken) =>
    fc.property(
      mutated(fc.array(configurationLine, { maxLength: 6 }).map((lines) => ascii.encode(lines.join('\n').replaceAll('include_dir', 'x')))),
      (bytes) => {
        fc.pre(!new TextDecoder().decode(bytes).includes('include_dir'))
        taken(reads(() => parseConfiguration(bytes, 'fuzzed.conf'), ConfigError))
      },
    ),
}

const HASH = `$7$101$${'A'.repeat(16)}$${'A'.repeat(86)}==`
const accessLine = fc.oneof(
  fc.constantFrom(
    `ann:${HASH}`,
    'bob:$6$AAAA$AAAA',
    'ann:c0ffee',
    '# comment',
    '',
    ':',
    'user ann',
    'topic a/#',
    'topic deny a/+',
    'pattern write %c/%u/#',
    'topic readwrite  x',
  ),
  fc.tuple(fc.constantFrom('topic ', 'pattern ', 'user ', 'topic read ', ''), fc.string({ maxLength: 20 })).map(([head, rest]) => head + rest),
)
const accessFile: Target = {
  name: 'password, ACL and PSK files',
  property: (taken) =>
    fc.property(
      mutated(fc.array(accessLine, { maxLength: 8 }).map((lines) => ascii.encode(lines.join('\n')))),
      fc.string({ maxLength: 10 }),
      topicName('client'),
      (bytes, name, topic) => {
        reads(() => parsePasswordFile(bytes, 'fuzzed'), AccessFileError)
        reads(() => parsePskFile(bytes, 'fuzzed'), AccessFileError)
        let acl: AclFile | null = null
        taken(reads(() => (acl = new AclFile('fuzzed', { read: () => ({ bytes, notes: [] }) })), AccessFileError))
        const file = acl as AclFile | null
        if (file === null) return
        for (const access of ['read', 'write'] as const)
          law(file.check(name, name, access, topic) === file.explain(name, name, access, topic).allowed, 'check and explain differ')
      },
    ),
}

const proxyHeader = fc.oneof(
  fc
    .constantFrom('PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n', 'PROXY TCP6 2001:db8::7 2001:db8::1 40000 1883\r\n', 'PROXY UNKNOWN\r\n')
    .map((line) => ascii.encode(line)),
  fc.constantFrom(
    proxied(),
    proxied(tlv(2, 'authority'), sslTlv(5, 0, tlv(0x21, 'TLSv1.3'), tlv(0x22, 'ann'))),
    binaryHeader(0x20, 0),
    binaryHeader(0x21, 0x11, IPV4_ENDS),
  ),
)
const proxy: Target = {
  name: 'PROXY headers',
  property: (taken) =>
    fc.property(fc.constantFrom(1, 2), mutated(proxyHeader), (version, bytes) => {
      const header = (end: number): ReturnType<typeof readProxyHeader> => readProxyHeader(version, bytes.subarray(0, end))
      const isTaken = reads(() => {
        const whole = header(bytes.length)
        if (whole === null) {
          law(bytes.length < LONGEST_HEADER, 'more is waited for than a header may have')
          return
        }
        law(whole.length <= bytes.length, 'the header is longer than what has come')
        for (let end = 0; end < whole.length; end++) law(header(end) === null, 'a piece of a header passes for a header')
        law(JSON.stringify(header(whole.length)) === JSON.stringify(whole), 'what follows a header changes it')
      }, ProtocolError)
      taken(isTaken)
    }),
}

/** The rule of the standard, word by word. */
function matchesNaively(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const [filters, levels] = [filter.split('/'), topic.split('/')]
  for (let i = 0; i < filters.length; i++) {
    if (filters[i] === '#') return true
    if (i >= levels.length || (filters[i] !== '+' && filters[i] !== levels[i])) return false
  }
  return filters.length === levels.length
}

const filterText = fc.oneof(
  topicFilter,
  fc.array(fc.constantFrom('a', '+', '#', '/', '$', '$share', 'b', '\0', '\ud800', '\u{1f99f}'), { maxLength: 12 }).map((parts) => parts.join('')),
)
const topics: Target = {
  name: 'Topic Filters',
  property: (taken) =>
    fc.property(filterText, topicName('client'), (filter, topic) => {
      const isFilter = isTopicFilter(filter)
      law(!isFilter || hasCorrectWildcards(filter), 'a filter with wrong wildcards')
      const shared = parseSharedFilter(filter)
      law(shared === null || hasCorrectWildcards(filter), 'a shared filter that is none')
      taken(isFilter)
      if (!isFilter || !isTopicName(topic) || filter.startsWith('$share/')) return
      law(topicMatchesFilter(filter, topic) === matchesNaively(filter, topic), 'a match that the standard does not know')
      law(explainMatch(filter, topic).matches === topicMatchesFilter(filter, topic), 'the explanation is of another answer')
    }),
}

const scram: Target = {
  name: 'SCRAM messages',
  property: (taken) =>
    fc.property(
      mutated(
        fc
          .constantFrom('n,,n=ann,r=nonce', 'y,a=ann,n=ann,r=x', 'c=biws,r=nonce,p=AAAA', 'r=nonce,s=AAAA,i=4096', 'v=AAAA', 'e=other-error')
          .map((message) => ascii.encode(message)),
      ),
      (bytes) => {
        const message = new TextDecoder().decode(bytes)
        const answers = [
          () => parseClientFirst(message),
          () => parseClientFinal(message, 'n,,'),
          () => parseServerFirst(message),
          () => parseServerFinal(message),
        ].map((read) => reads(read, ScramError))
        taken(answers.includes(true))
      },
    ),
}

const captureFile = fc
  .tuple(fc.constantFrom('pcap', 'pcapng', 'nsecpcap'), fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }))
  .map(([format, payloads]) => {
    const parts: Uint8Array[] = []
    const writer = captureWriter(format, (bytes) => void parts.push(Uint8Array.from(bytes)), 'fuzz')
    const connection = new SyntheticConnection(
      { linkType: 1, name: 'lo', description: null, snapLength: 262_144 },
      { address: '127.0.0.1', port: 40_000 },
      { address: '127.0.0.1', port: 1883 },
      (frame) => writer.write(frame),
    )
    connection.open(1n)
    for (const payload of payloads) connection.data('client', Uint8Array.from(payload), 2n)
    writer.finish()
    return Uint8Array.from(parts.flatMap((part) => [...part]))
  })
const capture: Target = {
  name: 'capture files',
  property: (taken) =>
    fc.property(mutated(captureFile), pieces, (bytes, lengths) => {
      const outcome = (parts: readonly Uint8Array[]): string => {
        const told: string[] = []
        try {
          const reader = new CaptureReader()
          const take = (): void => {
            for (let item = reader.next(); item !== null; item = reader.next())
              told.push(isFrame(item) ? `${item.number} ${item.length} ${Buffer.from(item.bytes).toString('hex')}` : item.keyLog)
          }
          for (const part of parts) {
            reader.push(part)
            take()
          }
          reader.end()
          take()
        } catch (error) {
          if (!(error instanceof CaptureError)) throw error
          told.push(error.message)
          return `refused ${told.join()}`
        }
        return told.join()
      }
      const whole = outcome([bytes])
      law(outcome(torn(bytes, lengths)) === whole, 'in pieces it is something else than whole')
      taken(!whole.startsWith('refused'))
    }),
}

export const TARGETS: readonly Target[] = [framer, client, configuration, accessFile, proxy, topics, scram, capture]
