// What the installed Mosquitto saves is what we read: sessions, subscriptions, messages with awkward content, identifiers in use.
// test/store/mosquitto-database.test.ts has a file of 2.0.11; this one follows the version that is there.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type MosquittoDatabase, MosquittoState, readMosquittoDatabase } from '../../src/store/mosquitto-db.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { type Program, startProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { freePort, Mosquitto } from './support/mosquitto.ts'
import { RawClient } from './support/raw-client.ts'

withTools(['mosquitto'], ({ mosquitto }) => {
  test('the database that the installed Mosquitto saves at its end is read whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mosquitto-db-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const broker = await Mosquitto.start(mosquitto, { options: ['persistence true', `persistence_location ${folder}/`] })
    onTestFinished(() => broker.close())
    const keeper = await RawClient.connect(broker.port, {
      version: 5,
      clientId: 'kéeper ☂',
      cleanStart: false,
      userName: 'ùser',
      properties: { sessionExpiryInterval: 7200 },
      acknowledges: false,
    })
    keeper.send({
      type: PacketType.Subscribe,
      packetId: 1,
      subscriptions: [
        { topicFilter: 'long/#', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { topicFilter: 'plain', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: { subscriptionIdentifiers: [200_000] },
    })
    await keeper.until(() => keeper.received.some(({ type }) => type === PacketType.Suback), 'SUBACK')
    const publisher = await RawClient.connect(broker.port, { version: 5, clientId: 'publisher' })
    const large = 'λ'.repeat(40_000)
    await publisher.publish({ topicName: 'long/τopic', payload: large, qos: 2, properties: { contentType: 'text/plain', userProperties: [['k', 'v']] } })
    await publisher.publish({ topicName: 'plain', payload: '', qos: 1 })
    await publisher.publish({ topicName: 'kept/é', payload: 'retained', qos: 1, retain: true, properties: { messageExpiryInterval: 900 } })
    await keeper.until(() => keeper.received.filter(({ type }) => type === PacketType.Publish).length === 2, 'two PUBLISH')
    await publisher.ping()
    await broker.close()

    const database: MosquittoDatabase = readMosquittoDatabase(readFileSync(join(folder, 'mosquitto.db')), 'mosquitto.db')
    expect(database.notes).toEqual([])
    expect(database.clients.filter(({ clientId }) => clientId === 'kéeper ☂')).toMatchObject([{ userName: 'ùser', expiryInterval: 7200 }])
    const subscriptions = [...database.subscriptions].sort((a, b) => (a.filter < b.filter ? -1 : 1))
    expect(subscriptions).toMatchObject([
      { clientId: 'kéeper ☂', filter: 'long/#', qos: 2, identifier: 200_000 },
      { clientId: 'kéeper ☂', filter: 'plain', qos: 1, identifier: 200_000 },
    ])
    // No Local and Retain As Published
    expect(subscriptions[0]!.options & 12).toBe(12)
    expect(subscriptions[1]!.options & 12).toBe(0)
    const waiting = database.clientMessages
      .filter(({ clientId }) => clientId === 'kéeper ☂')
      .map(({ messageId, mid, qos, state, incoming }) => {
        const { topic, payload, sourceId } = database.messages.get(messageId)!
        return { topic, payload: Buffer.from(payload).toString(), sourceId, mid, qos, state, incoming }
      })
    expect(waiting).toEqual([
      { topic: 'long/τopic', payload: large, sourceId: 'publisher', mid: 1, qos: 2, state: MosquittoState.AwaitingPubrec, incoming: false },
      { topic: 'plain', payload: '', sourceId: 'publisher', mid: 2, qos: 1, state: MosquittoState.AwaitingPuback, incoming: false },
    ])
    const [kept] = database.retained.map((id) => database.messages.get(id)!)
    expect(kept).toMatchObject({ topic: 'kept/é', qos: 1, retain: true })
    expect(Math.abs(kept!.expiresAt - Date.now() / 1000 - 900)).toBeLessThan(60)
  })
  test('zanzara with its persistence_file: clients find their sessions, what waits and what is retained, and find nothing of it a second time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mosquitto-db-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    chmodSync(folder, 0o777)
    const theirs = await Mosquitto.start(mosquitto, { options: ['persistence true', `persistence_location ${folder}/`] })
    onTestFinished(() => theirs.close())
    const lasting = { version: 5, clientId: 'keeper', cleanStart: false, properties: { sessionExpiryInterval: 7200 } } as const
    const before = await RawClient.connect(theirs.port, { ...lasting, acknowledges: false })
    await before.subscribe([{ topicFilter: 'work/#', qos: 2 }])
    const publisher = await RawClient.connect(theirs.port, { version: 5, clientId: 'publisher' })
    await publisher.publish({ topicName: 'work/sent', payload: 'one', qos: 2 })
    await before.until(() => before.received.some(({ type }) => type === PacketType.Publish), 'PUBLISH')
    await before.cut()
    await theirs.until(/Client keeper (closed|disconnected)/)
    await publisher.publish({ topicName: 'work/waits', payload: 'two', qos: 1 })
    await publisher.publish({ topicName: 'work/waits', payload: 'three', qos: 2 })
    await publisher.publish({ topicName: 'kept', payload: 'value', qos: 1, retain: true })
    await theirs.close()
    chmodSync(join(folder, 'mosquitto.db'), 0o644)

    const port = await freePort()
    const file = join(folder, 'zanzara.conf')
    writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\n`)
    const start = async (): Promise<Program> => {
      const program = startProgram(['broker', '-c', file])
      await program.until('stderr', / running\n/)
      return program
    }
    const ours = await start()
    expect(ours.log.join('\n')).toMatch(/Imported \d+ sessions, 3 messages and 1 retained messages from .*mosquitto\.db, which is not used any more\./)
    const keeper = await RawClient.connect(port, lasting)
    await keeper.until(() => keeper.received.filter(({ type }) => type === PacketType.Publish).length === 3, 'three PUBLISH')
    expect(keeper.received[0]).toMatchObject({ type: PacketType.Connack, sessionPresent: true })
    const got = keeper.received.flatMap((packet) => (packet.type === PacketType.Publish ? [packet] : []))
    expect(got.map(({ topicName, payload, qos, dup }) => `${topicName} ${Buffer.from(payload).toString()} ${qos} ${dup}`)).toEqual([
      'work/sent one 2 true',
      'work/waits two 1 false',
      'work/waits three 2 false',
    ])
    expect(got[0]!.packetId).toBe(1) // as the receiver has seen it
    await keeper.ping()
    await keeper.subscribe([{ topicFilter: 'kept' }])
    await keeper.ping()
    expect(keeper.received.find((packet) => packet.type === PacketType.Publish && packet.retain)).toMatchObject({ topicName: 'kept' })
    await keeper.cut()
    expect(await ours.ended('SIGTERM')).toBe(0)

    const again = await start()
    expect(again.log.join('\n')).not.toContain('Imported')
    const second = await RawClient.connect(port, lasting)
    await second.ping()
    expect(second.received.filter(({ type }) => type === PacketType.Publish)).toEqual([])
    expect(second.received[0]).toMatchObject({ type: PacketType.Connack, sessionPresent: true })
    await second.cut()
    expect(await again.ended('SIGTERM')).toBe(0)
  })
})
