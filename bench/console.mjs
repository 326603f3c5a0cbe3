// The console under load: 50,000 messages a second for 30 s into a page in Chromium, by WebSocket, with a screen that shows them.
// node bench/console.mjs [--json] [--rate N] [--seconds N] [--screen 1…4]   (after `npm run build`; needs Chromium)
// Publisher and broker are processes of their own; gaps are times between two turns of the page's main thread, its own timer asking for one every few ms.
import { spawn } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { findTool, installLine, packagesOf } from '../scripts/system-tools.mjs'
import { report } from './support/figures.mjs'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rate: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '30' },
    screen: { type: 'string', default: '2' },
  },
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const executablePath = findTool('chromium')
if (executablePath === null) {
  console.error(`needs chromium: ${installLine(packagesOf(['chromium']))}`)
  process.exit(1)
}
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** Runs a module's text in a process; resolves with its first line. @param {string} source */
function started(source) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['pipe', 'pipe', 'inherit'] })
  /** @type {Promise<string>} */
  const line = new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk).trim())))
  return { child, line }
}

const broker = started(`import { startBroker } from ${JSON.stringify(`${dist}server/start-broker.js`)}
const running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }, { port: 0, host: '127.0.0.1', transport: 'ws' }] })
console.log(running.ports.join(' '))
process.stdin.on('end', () => running.close()).resume()`)
const [port, webSocketPort] = (await broker.line).split(' ')

const files = createServer((request, response) => {
  const path = join(dist, 'console', request.url === '/' ? 'index.html' : (request.url ?? ''))
  if (!existsSync(path)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'Content-Type': TYPES[/** @type {keyof typeof TYPES} */ (extname(path))] ?? 'application/octet-stream' })
  createReadStream(path).pipe(response)
})
await new Promise((resolve) => files.listen(0, '127.0.0.1', () => resolve(null)))
const { port: filePort } = /** @type {import('node:net').AddressInfo} */ (files.address())

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--enable-precise-memory-info', '--js-flags=--expose-gc'],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' })
await page.goto(`http://127.0.0.1:${filePort}/`)
await page.locator('.panel input').first().fill(`ws://127.0.0.1:${webSocketPort}/mqtt`)
await page.locator('.panel button[type=submit]').click()
await page.locator('.status .dot-live').waitFor()
await page.keyboard.press(values.screen)
await page.waitForTimeout(1000)
await page.evaluate(`{
  window.gaps = []
  window.frames = 0
  let last = performance.now()
  const turn = () => { const now = performance.now(); window.gaps.push(now - last); last = now; setTimeout(turn, 0) }
  const frame = () => { window.frames++; requestAnimationFrame(frame) }
  turn()
  requestAnimationFrame(frame)
}`)
/** @returns {Promise<number>} bytes of the page's heap after a collection */
const heap = async () => Number(await page.evaluate('(globalThis.gc?.(), performance.memory.usedJSHeapSize)'))
/** @returns {Promise<number>} */
const received = async () => Number((/^[\d,]+/.exec((await page.locator('.status-dropped').getAttribute('title')) ?? '')?.[0] ?? '0').replaceAll(',', ''))
const begin = { heap: await heap(), received: await received() }

const load = started(`import { connect } from ${JSON.stringify(`${dist}client/node.js`)}
const client = await connect('mqtt://127.0.0.1:${port}')
const topics = Array.from({ length: 200 }, (_, i) => \`load/line\${i % 10}/sensor\${i}\`)
const start = performance.now()
let sent = 0
while (performance.now() - start < ${seconds * 1000}) {
  const due = Math.floor(((performance.now() - start) / 1000) * ${rate})
  for (; sent < due; sent++) client.publish(topics[sent % 200], \`{"value":\${20 + (sent % 100) / 10},"n":\${sent}}\`).catch(() => {})
  await new Promise((done) => setTimeout(done, 4))
}
await client.end()
console.log(sent)`)
await page.waitForTimeout((seconds / 3) * 1000)
const early = await heap()
const sent = Number(await load.line)
await page.waitForTimeout(2000)
const { gap, frames } = /** @type {{ gap: number, frames: number }} */ (await page.evaluate('({ gap: Math.max(...window.gaps), frames: window.frames })'))
const late = await heap()
const came = (await received()) - begin.received
const dropped = await page.locator('.status').innerText()
await browser.close()
files.close()
broker.child.stdin.end()
load.child.kill()

report([
  { figure: 'offered', value: sent / seconds, unit: 'messages/s', goal: null },
  { figure: 'taken in', value: came / seconds, unit: 'messages/s', goal: null },
  { figure: 'longest gap of the main thread', value: gap, unit: 'ms', goal: 250 },
  { figure: 'frames', value: frames / (seconds + 3), unit: '/s', goal: null },
  { figure: 'heap of the page: growth over the last two thirds', value: (late - early) / 1_048_576, unit: 'MiB', goal: 10 },
])
console.log(`status line: ${dropped.replaceAll('\n', ' ')}`)
