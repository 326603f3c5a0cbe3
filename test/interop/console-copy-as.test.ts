// The lines that the publish drawer gives really run: in a shell with Debian's mosquitto_pub and with curl, as a program of Node, as Python that compiles.
// What arrives at the broker is what the page would have sent.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client/node.ts'
import { type CopyForm, type CopyTarget, copyAs } from '../../src/console/views/publish/copy-as.ts'
import { EMPTY_FORM, type PublishForm } from '../../src/console/views/publish/publish-form.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'

const FORM: PublishForm = { ...EMPTY_FORM, topic: 'lab/x', text: 'hello' }
const NASTY = `it's "quoted" $HOME \`id\` \\n ü % {} ; | & < >`

interface Lab {
  readonly target: CopyTarget
  readonly got: string[]
  readonly folder: string
}

/** `run` runs while the broker listens; what arrives is in `got`, with QoS, retain and User Properties where they are set. */
async function lab(): Promise<Lab> {
  const running: RunningBroker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  onTestFinished(() => running.close())
  const client = await connect(`mqtt://127.0.0.1:${running.port}`)
  onTestFinished(() => client.close())
  const got: string[] = []
  const subscription = await client.subscribe('#', { qos: 2, retainAsPublished: true })
  void (async () => {
    for await (const { topic, payload, qos, retain, properties } of subscription) {
      const text = Buffer.from(payload).toString('latin1') === '\x00\xff' ? '00ff' : Buffer.from(payload).toString()
      got.push(
        [topic, text, qos > 0 ? `q${qos}` : '', retain ? 'r' : '', ...(properties.userProperties ?? []).map(([name, value]) => `${name}=${value}`)]
          .filter((part) => part !== '')
          .join(' '),
      )
    }
  })()
  const folder = mkdtempSync(join(tmpdir(), 'copy-as-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { target: { host: '127.0.0.1', port: running.port, userName: '', version: 5 }, got, folder }
}

/** The broker lives in this process: it must not wait. */
async function run(program: string, args: readonly string[], folder: string): Promise<void> {
  await promisify(execFile)(program, args, { cwd: folder, timeout: 30_000 })
}

const RUN: Readonly<Record<Exclude<CopyForm, 'Python'>, (text: string, folder: string) => Promise<void>>> = {
  mosquitto_pub: (text, folder) => run('sh', ['-c', text], folder),
  curl: (text, folder) => run('sh', ['-c', text], folder),
  JS: (text, folder) => {
    const library = pathToFileURL(join(dirname(builtProgram()), '../client/node.js')).href
    writeFileSync(join(folder, 'publish.mjs'), text.replace("'zanzara/client'", `'${library}'`))
    return run(process.execPath, ['publish.mjs'], folder)
  },
}

/** The broker sees a process end before it has read all that it sent. */
const FORMS = ['mosquitto_pub', 'JS'] as const

withTools(['mosquitto_pub', 'curl', 'python3'], () => {
  for (const as of FORMS) {
    test(`${as}: QoS, retain, properties, and a text that a shell would take to pieces`, async () => {
      const { target, got, folder } = await lab()
      const form: PublishForm = { ...FORM, text: NASTY, qos: 1, retain: true, properties: [{ option: 'user-property', name: 'source', value: `lab's 5` }] }
      await RUN[as](copyAs(as, form, target), folder)
      await expect.poll(() => got).toEqual([`lab/x ${NASTY} q1 r source=lab's 5`])
    })

    test(`${as}: bytes, an empty message, a repetition with placeholders`, async () => {
      const { target, got, folder } = await lab()
      await RUN[as](copyAs(as, { ...FORM, kind: 'hex', text: '00 ff' }, target), folder)
      await RUN[as](copyAs(as, { ...FORM, text: '' }, target), folder)
      await RUN[as](
        copyAs(
          as,
          {
            ...FORM,
            topic: 'lab/{{n}}',
            kind: 'json',
            text: '{"n":{{n}},"t":{{ts}},"r":{{rand 5 5}},"d":{{rand 2.0 2.0}},"p":"{{pick a a}}"}',
            repeats: true,
            times: 2,
            everyMs: 10,
            qos: 1,
          },
          target,
        ),
        folder,
      )
      await expect.poll(() => got.length).toBe(4)
      expect(got.slice(0, 2)).toEqual(['lab/x 00ff', 'lab/x'])
      expect(got.slice(2).map((text) => text.replace(/\d{13}/, 'TIME'))).toEqual([1, 2].map((n) => `lab/${n} {"n":${n},"t":TIME,"r":5,"d":2.0,"p":"a"} q1`))
    })
  }

  test('curl: topic and payload, with QoS 0', async () => {
    const { target, got, folder } = await lab()
    await RUN.curl(copyAs('curl', { ...FORM, topic: 'lab/a b', text: NASTY }, target), folder)
    await expect.poll(() => got).toEqual([`lab/a b ${NASTY}`])
  })

  test('Python: every form is a program that compiles', async () => {
    const { target, folder } = await lab()
    const forms: readonly PublishForm[] = [
      FORM,
      {
        ...FORM,
        text: NASTY,
        qos: 2,
        retain: true,
        properties: [
          { option: 'user-property', name: 'a', value: 'b' },
          { option: 'message-expiry-interval', name: '', value: '60' },
        ],
      },
      { ...FORM, kind: 'hex', text: '00 ff' },
      { ...FORM, topic: 'lab/{{n}}', text: '{{n}} {{ts}} {{iso}} {{rand 1 2}} {{rand 1.0 2.0}} {{pick a b}} {{uuid}}', repeats: true, times: 3 },
    ]
    for (const form of forms) {
      writeFileSync(join(folder, 'publish.py'), copyAs('Python', form, { ...target, userName: 'me' }))
      await run('python3', ['-m', 'py_compile', 'publish.py'], folder)
    }
  })
})
