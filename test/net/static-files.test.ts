// Files of a folder beside a WebSocket listener: what is served, what is not, and nothing from outside.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { staticFiles } from '../../src/net/static-files.ts'
import { listening, Owners, pattern, testContext, until } from './recording.ts'

interface Site {
  readonly port: number
  /** The folder that is served, and the one around it. */
  readonly folder: string
  readonly outside: string
  readonly errors: Error[]
}

async function site(): Promise<Site> {
  const outside = mkdtempSync(join(tmpdir(), 'zanzara-files-'))
  onTestFinished(() => rmSync(outside, { recursive: true }))
  const folder = join(outside, 'www')
  mkdirSync(join(folder, 'deep', 'empty'), { recursive: true })
  mkdirSync(join(folder, '.well-known'))
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'index.html'), '<h1>start</h1>')
  writeFileSync(join(folder, 'app.js'), 'let a')
  writeFileSync(join(folder, 'UPPER.PNG'), 'png')
  writeFileSync(join(folder, 'no-type'), '?')
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, '.htpasswd'), 'secret')
  writeFileSync(join(folder, 'ä b.txt'), 'umlaut')
  writeFileSync(join(folder, 'deep', 'index.html'), 'deep')
  writeFileSync(join(folder, '.well-known', 'x'), 'known')
  const errors: Error[] = []
  const listener = await listening(
    testContext(),
    {
      transport: 'ws',
      host: '127.0.0.1',
      port: 0,
      websocket: { paths: ['/mqtt'], origins: null, maximumFrame: 1000, onRequest: staticFiles(folder, (error) => errors.push(error)) },
    },
    new Owners().accept,
  )
  return { port: listener.address.port, folder, outside, errors }
}

interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
}

/** The path goes out as it stands, unlike from a browser. */
function get(port: number, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks), headers: response.headers }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end()
  })
}

test.each([
  ['/', 'text/html; charset=utf-8', '<h1>start</h1>'],
  ['/index.html?x=1', 'text/html; charset=utf-8', '<h1>start</h1>'],
  ['/app.js', 'text/javascript; charset=utf-8', 'let a'],
  ['/UPPER.PNG', 'image/png', 'png'],
  ['/no-type', 'application/octet-stream', '?'],
  ['/empty.txt', 'text/plain; charset=utf-8', ''],
  ['/%C3%A4%20b.txt', 'text/plain; charset=utf-8', 'umlaut'],
  ['/deep/', 'text/html; charset=utf-8', 'deep'],
  ['/.well-known/x', 'application/octet-stream', 'known'],
])('GET and HEAD of %s', async (path, type, content) => {
  const { port } = await site()
  const { status, headers, body } = await get(port, path)
  expect([status, headers['content-type'], body.toString()]).toEqual([200, type, content])
  expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'content-length': String(content.length) })
  const head = await get(port, path, 'HEAD')
  expect([head.status, head.headers['content-length'], head.headers.etag, head.body.length]).toEqual([200, String(content.length), headers.etag, 0])
})

test.each([
  '/nothing',
  '/nothing/',
  '/deep/empty/',
  '/index.html/',
  '/index.html/x',
  '/../secret.txt',
  '/deep/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/%2e%2e%2fsecret.txt',
  '/..%5csecret.txt',
  '/deep/..%2f..%2fsecret.txt',
  '//secret.txt',
  '/./index.html',
  '/.htpasswd',
  '/index.html%00.png',
  '/%',
  '/%C0%80',
  `/${'x'.repeat(300)}`,
  '/linked-secret',
  '/linked-folder/secret.txt',
  '/linked-folder/',
  '/loop',
  '/dangling',
])('%s is not found, and says nothing of what is there', async (path) => {
  const { port, folder, outside, errors } = await site()
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'linked-secret'))
  symlinkSync(outside, join(folder, 'linked-folder'))
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
  const { status, body } = await get(port, path)
  expect([status, body.toString()]).toEqual([404, 'Nothing is here.\n'])
  expect(errors).toEqual([])
})

test('a folder beside ours whose name begins like ours is outside', async () => {
  const { port, folder } = await site()
  mkdirSync(`${folder}-private`)
  writeFileSync(join(`${folder}-private`, 'secret.txt'), 'secret')
  symlinkSync(`${folder}-private`, join(folder, 'private'))
  expect((await get(port, '/private/secret.txt')).status).toBe(404)
})

test('links within the folder are followed, and so is one to the folder itself', async () => {
  const { port, folder } = await site()
  symlinkSync('app.js', join(folder, 'link.js'))
  expect((await get(port, '/link.js')).body.toString()).toBe('let a')
  symlinkSync(folder, join(folder, '..', 'linked'))
  const listener = await listening(
    testContext(),
    {
      transport: 'ws',
      host: '127.0.0.1',
      port: 0,
      websocket: { paths: null, origins: null, maximumFrame: 1000, onRequest: staticFiles(join(folder, '..', 'linked')) },
    },
    new Owners().accept,
  )
  expect((await get(listener.address.port, '/app.js')).body.toString()).toBe('let a')
})

test('a folder without its slash is one redirect away, never on another host', async () => {
  const { port, folder } = await site()
  mkdirSync(join(folder, 'ü b'))
  expect((await get(port, '/deep')).headers.location).toBe('/deep/')
  expect((await get(port, '/%C3%BC%20b?x')).headers.location).toBe('/%C3%BC%20b/')
  for (const path of ['//deep', '/deep/empty/..', '//evil.example/%2e%2e']) {
    const { status, headers } = await get(port, path)
    expect([status, headers.location]).toEqual([404, undefined])
  }
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
  const { port } = await site()
  const { status, headers } = await get(port, '/index.html', method)
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})

test('who knows the file as it is gets 304; a change makes it new', async () => {
  const { port, folder } = await site()
  const file = join(folder, 'app.js')
  const { headers } = await get(port, '/app.js')
  const tag = headers.etag!
  const ask = async (conditions: Record<string, string>): Promise<number> => (await get(port, '/app.js', 'GET', conditions)).status
  expect(await ask({ 'If-None-Match': tag })).toBe(304)
  expect(await ask({ 'If-None-Match': `"other", W/${tag}` })).toBe(304)
  expect(await ask({ 'If-None-Match': '*' })).toBe(304)
  expect(await ask({ 'If-None-Match': '"other"', 'If-Modified-Since': headers['last-modified']! })).toBe(200)
  expect(await ask({ 'If-Modified-Since': headers['last-modified']! })).toBe(304)
  expect(await ask({ 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toBe(200)
  expect(await ask({ 'If-Modified-Since': 'yesterday' })).toBe(200)
  utimesSync(file, new Date(), new Date(Date.now() + 5000))
  expect(await ask({ 'If-None-Match': tag })).toBe(200)
  expect(await ask({ 'If-Modified-Since': headers['last-modified']! })).toBe(200)
})

test('a large file comes whole; WebSockets work beside it', async () => {
  const { port, folder } = await site()
  const content = pattern(3_000_000)
  writeFileSync(join(folder, 'large.bin'), content)
  expect((await get(port, '/large.bin')).body.equals(content)).toBe(true)
  const peer = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
  onTestFinished(() => peer.terminate())
  await new Promise((resolve, reject) => peer.on('open', resolve).on('error', reject))
})

test('who hangs up in the middle of a file does no harm; a file that shrinks meanwhile never passes for whole', async () => {
  const { port, folder, errors } = await site()
  const file = join(folder, 'large.bin')
  writeFileSync(file, pattern(30_000_000))
  const peer = connect(port, '127.0.0.1').on('error', () => {})
  peer.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => peer.once('data', resolve))
  peer.destroy()
  const half = connect(port, '127.0.0.1').on('error', () => {})
  let [got, closed] = [0, false]
  half.on('close', () => (closed = true))
  half.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n')
  half.once('data', (first) => {
    got += first.length
    half.pause()
    truncateSync(file, 100)
    half.on('data', (chunk) => (got += chunk.length))
    half.resume()
  })
  await until(() => closed, 'closed')
  expect(got).toBeLessThan(30_000_000)
  expect((await get(port, '/app.js')).status).toBe(200)
  expect(errors).toEqual([])
})

test('what the system refuses is 500, and told', async () => {
  const { port, errors } = await site()
  const listener = await listening(
    testContext(),
    {
      transport: 'ws',
      host: '127.0.0.1',
      port: 0,
      websocket: { paths: null, origins: null, maximumFrame: 1000, onRequest: staticFiles('bad\0folder', (error) => errors.push(error)) },
    },
    new Owners().accept,
  )
  expect((await get(listener.address.port, '/x')).status).toBe(500)
  expect(errors).toHaveLength(1)
  expect((await get(port, '/')).status).toBe(200)
})
