// The built console over HTTP: hashed names for ever, the page asked for each time, compressed for who takes it, nothing outside the folder.
// And what is shown while there is no built console.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { ConsoleFiles } from '../../src/server/admin/console-files.ts'
import { startConsole } from '../support/console-broker.ts'

const SCRIPT = `console.log("${'zanzara '.repeat(500)}")\n`

function built(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-built-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(join(folder, 'assets', 'main-a1b2c3.js'), SCRIPT)
  writeFileSync(join(folder, '.secret'), 'hidden')
  symlinkSync('/etc/hostname', join(folder, 'linked.txt'))
  return folder
}

const get = (files: ConsoleFiles, path: string, headers: Record<string, string> = {}): ReturnType<ConsoleFiles['answer']> =>
  files.answer(path, { get: (name) => headers[name] ?? null })

test('the page is asked for each time, assets are kept for ever', async () => {
  const console = await startConsole({ folder: built() })
  const page = await console.get('/', { Accept: 'text/html' })
  expect([page.status, page.text, page.headers['content-type']]).toEqual([200, '<!doctype html><title>console</title>', 'text/html; charset=utf-8'])
  expect(page.headers['cache-control']).toBe('no-cache')
  expect(page.headers['content-security-policy']).toContain("script-src 'self'")
  const script = await console.get('/assets/main-a1b2c3.js')
  expect([script.text, script.headers['content-type']]).toEqual([SCRIPT, 'text/javascript; charset=utf-8'])
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(script.headers['x-content-type-options']).toBe('nosniff')
  const again = await console.get('/', { 'If-None-Match': page.headers.etag! })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('who takes compression gets it', () => {
  const files = new ConsoleFiles(built())
  const brotli = get(files, '/assets/main-a1b2c3.js', { 'accept-encoding': 'gzip, deflate, br' })!
  expect([brotli.headers['Content-Encoding'], brotliDecompressSync(brotli.body!).toString()]).toEqual(['br', SCRIPT])
  const gzip = get(files, '/assets/main-a1b2c3.js', { 'accept-encoding': 'gzip;q=0.8, br;q=0' })!
  expect([gzip.headers['Content-Encoding'], gunzipSync(gzip.body!).toString()]).toEqual(['gzip', SCRIPT])
  expect(gzip.body!.length).toBeLessThan(SCRIPT.length / 4)
  const plain = get(files, '/assets/main-a1b2c3.js', { 'accept-encoding': 'identity' })!
  expect([plain.headers['Content-Encoding'], plain.headers['Vary']]).toEqual([undefined, 'Accept-Encoding'])
  expect(get(files, '/', { 'accept-encoding': 'br' })!.headers['Content-Encoding']).toBeUndefined() // too small to gain
})

test.each(['/.secret', '/linked.txt', '/assets', '/assets/', '/../package.json', '/assets/../index.html', '//index.html', '/nothing.js', '/constructor'])(
  'nothing is at %s',
  (path) => {
    expect(get(new ConsoleFiles(built()), path)).toBeNull()
  },
)

test('over HTTP nothing climbs out of the folder', async () => {
  const console = await startConsole({ folder: built() })
  for (const path of ['/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/assets/%00', '/linked.txt', '/.secret'])
    expect([path, (await console.get(path)).status]).toEqual([path, 404])
  const post = await console.post('/assets/main-a1b2c3.js', {})
  expect(post.status).toBe(404)
})

test('without a built console the start page is shown; programs that ask for no HTML get it as text in any case', async () => {
  const startPage = (_: unknown, response: { end(text: string): void }): void => response.end('start page')
  const unbuilt = await startConsole({ startPage })
  expect((await unbuilt.get('/', { Accept: 'text/html' })).text).toBe('start page')
  expect((await unbuilt.get('/admin/v1/session')).status).toBe(200)
  const console = await startConsole({ startPage, folder: built() })
  expect((await console.get('/', { Accept: 'text/html' })).text).toContain('<title>console')
  expect((await console.get('/', { Accept: '*/*' })).text).toBe('start page')
})

test('MQTT over WebSocket goes on beside the console', async () => {
  const console = await startConsole()
  const { connectAsync } = await import('mqtt')
  const client = await connectAsync(`ws://127.0.0.1:${console.httpPort}/mqtt`, { clientId: 'browser' })
  expect((await console.get('/admin/v1/clients')).json.rows[0]).toMatchObject({ id: 'browser', transport: 'ws' })
  await client.endAsync()
  await expect(console.open('/admin/v1/nothing')).rejects.toThrow('refused with 404')
})
