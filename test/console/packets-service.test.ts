// The packets of a tab as the page sees them: calls in, answers and events out; files of every kind, damaged ones among them.

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { PacketCalls, PacketRow, PacketsState } from '../../src/console/worker/packets/packet-calls.ts'
import { PacketService } from '../../src/console/worker/packets/packet-service.ts'
import type { Events } from '../../src/console/worker/protocol.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { captureBytes, storeOf } from './support/packet-stores.ts'

type Ask<N extends keyof PacketCalls> = Omit<PacketCalls[N]['ask'], 'connection'>

/** A service whose slices run when the test lets them. */
class Tab {
  readonly service: PacketService
  readonly rows: Events['packets/rows'][] = []
  readonly states: Events['packets/state'][] = []
  readonly #slices: (() => void)[] = []
  #now = 0

  /** `sliceMs`: what the clock gains at each look. */
  constructor(sliceMs = 0) {
    this.service = new PacketService(
      7,
      (event, value) => {
        if (event === 'packets/rows') this.rows.push(value as Events['packets/rows'])
        if (event === 'packets/state') this.states.push(value as Events['packets/state'])
      },
      (run) => this.#slices.push(run),
      () => {
        this.#now += sliceMs
        return this.#now
      },
    )
  }

  ask<N extends keyof PacketCalls>(name: N, ask: Ask<N>): PacketCalls[N]['answer'] | Promise<PacketCalls[N]['answer']> {
    return this.service.call(name, { connection: 7, ...ask }) as PacketCalls[N]['answer'] | Promise<PacketCalls[N]['answer']>
  }

  get waits(): boolean {
    return this.#slices.length > 0
  }

  slice(): void {
    this.#slices.shift()?.()
  }

  /** Runs slices until there are none. */
  work(): void {
    while (this.waits) this.slice()
  }

  opened(bytes: Uint8Array, name = 'a.pcapng'): Promise<PacketsState> {
    return this.read(Object.assign(new Blob([Buffer.from(bytes)]), { name }))
  }

  async read(file: Blob & { readonly name: string }): Promise<PacketsState> {
    const done = this.ask('packets/open-file', { file }) as Promise<null>
    let isOver = false
    void done.finally(() => {
      isOver = true
    })
    while (!isOver) {
      this.work()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await done
    return (await this.ask('packets/state', {})) as PacketsState
  }
}

const LAB = captureBytes('m311-tour.pcap')

test('a file is read, its rows are told while somebody watches, and only when they change', async () => {
  const tab = new Tab()
  void tab.ask('packets/watch', { first: 0, count: 20, time: 'relative' })
  const state = await tab.opened(LAB, 'tour.pcap')
  const whole = storeOf(LAB)
  expect(state).toMatchObject({ total: whole.last, passing: whole.last, read: 1, isBusy: false, problem: null, fileName: 'tour.pcap' })
  expect(tab.rows.at(-1)).toMatchObject({ connection: 7, first: 0, passing: whole.last })
  expect(tab.rows.at(-1)!.rows).toEqual(whole.rows(0, 20, 'relative'))
  const told = tab.rows.length
  tab.service.tick(0)
  expect(tab.rows).toHaveLength(told)
  void tab.ask('packets/watch', { first: 0, count: 0, time: 'relative' })
  void tab.ask('packets/filter', { filter: 'mqtt' })
  tab.work()
  tab.service.tick(0)
  expect(tab.rows).toHaveLength(told)
})

test('a compressed file is read like the file in it', async () => {
  const state = await new Tab().opened(gzipSync(LAB), 'tour.pcap.gz')
  expect(state).toMatchObject({ total: storeOf(LAB).last, problem: null, read: 1 })
})

test.each([
  ['an empty file', new Uint8Array(0), 0, 'the file is empty'],
  ['something else', new TextEncoder().encode('just some text, long enough'), 0, 'not a capture file: neither pcap nor pcapng'],
  ['a file cut short', LAB.slice(0, LAB.length - 7), -1, 'the file has been cut short in the middle of a packet'],
])('%s: the tab says what is wrong, and shows the packets before the damage', async (_what, bytes, total, problem) => {
  const state = await new Tab().opened(bytes)
  expect([state.problem, state.read, state.isBusy]).toEqual([problem, 1, false])
  expect(state.total).toBe(total < 0 ? storeOf(LAB).last - 1 : total)
})

test('a compressed file that is cut short gives what comes before, and says so', async () => {
  const whole = new Uint8Array(gzipSync(captureBytes('many.pcapng')))
  const state = await new Tab().opened(whole.slice(0, whole.length >> 1))
  expect(state.total).toBeGreaterThan(100)
  expect([state.read, state.isBusy]).toEqual([1, false])
  expect(state.problem).toBe('the compressed file has been cut short') // it is the compression, not a packet
})

/** A file that comes in pieces of a kilobyte, each some turns after the other. */
function slowFile(bytes: Uint8Array, name: string): Blob & { readonly name: string } {
  let at = 0
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      controller.enqueue(bytes.slice(at, at + 1024))
      at += 1024
      if (at >= bytes.length) controller.close()
    },
  })
  const head = new Blob([Buffer.from(bytes.subarray(0, 2))])
  return { name, size: bytes.length, slice: () => head, stream: () => stream } as unknown as Blob & { readonly name: string }
}

test('a file that is opened while another is still read takes its place', async () => {
  const tab = new Tab()
  await Promise.all([tab.read(slowFile(captureBytes('m5-props.pcapng'), 'first.pcapng')), tab.read(slowFile(LAB, 'second.pcap'))])
  expect(await tab.ask('packets/state', {})).toMatchObject({ fileName: 'second.pcap', total: storeOf(LAB).last, read: 1, problem: null })
})

test('work is cut into slices: between two of them rows are there, and a packet that was asked for is answered before all is done', async () => {
  const tab = new Tab(3)
  tab.service.push(captureBytes('many.pcapng'))
  tab.slice()
  const { summarized } = (await tab.ask('packets/state', {})) as PacketsState
  expect(summarized).toBeGreaterThan(0)
  const detail = tab.ask('packets/detail', { number: summarized + 40 })
  let answer: Awaited<typeof detail> | undefined
  void Promise.resolve(detail).then((given) => {
    answer = given
  })
  for (let i = 0; i < 5 && answer === undefined; i++) {
    tab.slice()
    await Promise.resolve()
    await Promise.resolve()
  }
  expect(answer?.number).toBe(summarized + 40)
  expect(tab.waits).toBe(true)
})

test('a message that is sought while packets are still read is found when they have been', async () => {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 4)
  client.connects('one')
  client.says(publish('a/b', 'hello'))
  const time = Number(lab.time / 1000n) / 1000
  const tab = new Tab()
  tab.service.push(new Uint8Array(lab.file))
  const sought = { topic: 'a/b', size: 5, time, fromClient: true }
  const found = tab.ask('packets/find', sought)
  tab.work()
  expect(await found).toBe(6)
  expect(await tab.ask('packets/find', { ...sought, size: 6 })).toBe(0)
})

test('a packet that will never come is answered with nothing', async () => {
  const tab = new Tab()
  tab.service.push(captureBytes('m311-tour.pcap'))
  const never = tab.ask('packets/detail', { number: 1_000_000 })
  tab.work()
  expect(await never).toBeNull()
})

test('a filter that is none is refused with its sentence, and the one before stays', async () => {
  const tab = new Tab()
  await tab.opened(LAB)
  void tab.ask('packets/filter', { filter: 'mqtt.qos == 1' })
  tab.work()
  expect(() => tab.ask('packets/filter', { filter: 'mqtt.qoss == 1' })).toThrow(/mqtt\.qoss/)
  expect(await tab.ask('packets/state', {})).toMatchObject({ filter: 'mqtt.qos == 1', passing: storeOf(LAB, { filter: 'mqtt.qos == 1' }).passing })
})

test('what is saved is read again as the same packets: those that pass, or all', async () => {
  const tab = new Tab()
  await tab.opened(LAB)
  void tab.ask('packets/filter', { filter: 'mqtt.msgtype == 3' })
  tab.work()
  const passing = (await tab.ask('packets/save', { all: false })) as { bytes: Uint8Array; count: number }
  const whole = storeOf(LAB)
  const expected = storeOf(LAB, { filter: 'mqtt.msgtype == 3' }).rows(0, 1e9, 'utc')
  const again = storeOf(passing.bytes).rows(0, 1e9, 'utc')
  expect(passing.count).toBe(expected.length)
  // segments between them are gone, and TCP says so in front
  const told = ({ time, info, length }: PacketRow): unknown => [time.slice(0, 26), info.replace(/^(?:\[TCP [^\]]*\][ ,]*)+/, ''), length]
  expect(again.map(told)).toEqual(expected.map(told))
  const all = (await tab.ask('packets/save', { all: true })) as { bytes: Uint8Array; count: number }
  expect(
    storeOf(all.bytes)
      .rows(0, 1e9, 'epoch')
      .map(({ info }) => info),
  ).toEqual(whole.rows(0, 1e9, 'epoch').map(({ info }) => info))
})

test('decode as: what is read on a port changes at once, for the rows and for the filter, and back when the rule goes', async () => {
  const tab = new Tab()
  await tab.opened(captureBytes('coap.pcap'))
  void tab.ask('packets/watch', { first: 0, count: 1000, time: 'relative' })
  void tab.ask('packets/filter', { filter: 'coap' })
  const passing = async (): Promise<number> => {
    tab.work()
    tab.service.tick(0)
    const { passing: count } = (await tab.ask('packets/state', {})) as PacketsState
    expect(tab.rows.at(-1)!.rows).toHaveLength(count)
    return count
  }
  const plain = await passing()
  expect(plain).toBeGreaterThan(5)
  void tab.ask('packets/decode-as', { rules: ['udp.port==5683,mqttsn'] })
  expect(await passing()).toBeLessThan(plain)
  expect(await tab.ask('packets/state', {})).toMatchObject({ decodeAs: ['udp.port==5683,mqttsn'], filter: 'coap' })
  expect(() => tab.ask('packets/decode-as', { rules: ['tcp.port==1883,nonsense'] })).toThrow(/'nonsense' is none of the protocols.* mqtt /)
  void tab.ask('packets/decode-as', { rules: [] })
  expect(await passing()).toBe(plain)
})

test('keys that come with a capture are noticed; the page has no cryptography for them', async () => {
  expect(await new Tab().opened(captureBytes('live-tls-dsb.pcapng'))).toMatchObject({ hasKeys: true })
  expect(await new Tab().opened(captureBytes('live-tls-nokeys.pcapng'))).toMatchObject({ hasKeys: false })
})

test('payloads of a megabyte and names that are no text are told as they are, and cut for the list', async () => {
  const lab = new LabCapture()
  const client = lab.client('10.0.5.23', 40_000, 5)
  client.connects('<img src=x onerror=alert(1)>\u202e')
  client.says(publish('a'.repeat(60_000), 'x'.repeat(1_000_000), 0))
  const tab = new Tab()
  const state = await tab.opened(new Uint8Array(lab.file))
  const rows = (await tab.ask('packets/number', { row: state.passing - 1 })) as number
  expect(rows).toBe(state.total)
  void tab.ask('packets/watch', { first: 0, count: 1000, time: 'relative' })
  expect(tab.rows.at(-1)!.rows.every(({ info }) => info.length <= 500)).toBe(true)
  expect(tab.rows.at(-1)!.rows.some(({ client: name }) => name.includes('<img src=x'))).toBe(true)
})
