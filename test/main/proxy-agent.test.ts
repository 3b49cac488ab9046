import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { freePorts } from '../../src/main/quickstart/workshop.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedServer } from '../support/scripted-server.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

const EXECUTABLE = fileURLToPath(new URL('../../src/main/cluster-proxy.ts', import.meta.url))

type Child = ChildProcessByStdio<null, Readable, null>

let child: Child | undefined
let server: ScriptedServer | undefined

afterEach(async () => {
  if (child && child.exitCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await server?.stop()
  server = undefined
})

/** An agent process; its ports and its log. */
async function startAgent(pki: TestPki, port: number) {
  const [health, admin] = (await freePorts(2)) as [number, number]
  const flags = {
    'proxy-server-host': '127.0.0.1',
    'proxy-server-port': port,
    'ca-cert': pki.agentCa.caFile,
    'agent-cert': pki.agentClient.certFile,
    'agent-key': pki.agentClient.keyFile,
    'agent-id': 'agent-1',
    'sync-interval': '20ms',
    'sync-interval-cap': '50ms',
    'health-server-host': '127.0.0.1',
    'health-server-port': health,
    'admin-server-port': admin,
    logtostderr: 'true', // as existing manifests have it
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const process_: Child = spawn(process.execPath, [EXECUTABLE, 'proxy-agent', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child = process_
  const messages: string[] = []
  createInterface(process_.stdout).on('line', (line) => messages.push(JSON.parse(line).msg))
  const said = (message: string) => eventually(() => messages).toContain(message)
  await said('looking for proxy servers')
  return {
    health: `http://127.0.0.1:${health}`,
    admin: `http://127.0.0.1:${admin}`,
    messages,
    process: process_,
  }
}

describe('the proxy agent as a process', () => {
  it('tells whether it is connected, and drains when it is told to stop', async () => {
    const pki = await createTestPki()
    const [port] = (await freePorts(1)) as [number]
    const agent = await startAgent(pki, port)
    const notReady = await fetch(`${agent.health}/readyz`)
    expect(notReady.status).toBe(503)
    expect(await notReady.text()).toContain('[-]server-connected failed: no servers connected')
    expect(await (await fetch(`${agent.health}/healthz`)).text()).toBe('ok')

    server = await ScriptedServer.start(pki, { port })
    const stream = await server.nextStream()
    await eventually(async () => (await fetch(`${agent.health}/readyz`)).status).toBe(200)
    expect(stream.headers.agentid).toBe('agent-1')
    const metrics = await (await fetch(`${agent.admin}/metrics`)).text()
    expect(metrics).toContain('konnectivity_network_proxy_agent_open_server_connections 1')
    expect(metrics).toContain('konnectivity_network_proxy_agent_queued_bytes{to="target"} 0')
    expect(metrics).toContain('certificate_expiry_timestamp_seconds{certificate="agent"}')

    const exited = once(agent.process, 'exit')
    agent.process.kill('SIGTERM')
    await stream.expect('DRAIN')
    expect(await exited).toEqual([0, null])
    expect(agent.messages.slice(-2)).toEqual(['agent stopped', 'stopped'])
  })

  it('without a server stops at once', async () => {
    const [port] = (await freePorts(1)) as [number]
    const agent = await startAgent(await createTestPki(), port)
    const exited = once(agent.process, 'exit')
    agent.process.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })
})
