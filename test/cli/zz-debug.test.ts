import { expect, test } from 'vitest'
import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { publish, ScriptedServer } from './support/scripted-server.ts'
test('x', async () => {
  const server = await ScriptedServer.listen(), io = new FakeTerminal()
  const code = runSub(['-h', '127.0.0.1', '-p', server.port, '-t', 'a', '-C', '1', '-d'], io)
  const one = await server.accept(); await one.welcome(); await one.packet(); one.send('9003000100')
  one.end()
  const two = await server.accept(); await two.welcome(); console.log(await two.packet()); two.send('9003000100')
  two.send(publish('a', 'back'))
  console.log(await two.rest())
  console.log(io.stdout.text, io.stderr.text); await new Promise(r => setTimeout(r, 2500)); console.log(io.stdout.text, io.stderr.text)
  expect(1).toBe(1)
  await server.close()
})
