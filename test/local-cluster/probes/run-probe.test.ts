import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { probePort } from '../../../src/local-cluster/probes/index.ts'
import { runProbe } from '../../../src/local-cluster/probes/run-probe.ts'

const NEVER = new AbortController().signal

describe('the port of a probe', () => {
  const ports = [{ name: 'web', containerPort: 8080 }]

  it.each([
    [80, 80],
    ['web', 8080],
    ['9090', 9090],
  ])('%j is %i', (port, number) => {
    expect(probePort(port, { ports })).toBe(number)
  })

  it.each([
    ['other', 'strconv.Atoi: parsing "other": invalid syntax'],
    [0, 'invalid port number: 0'],
    ['70000', 'invalid port number: 70000'],
  ])('cannot be %j', (port, message) => {
    expect(() => probePort(port, { ports })).toThrow(message)
  })
})

describe('a probe', () => {
  it('of a port finds it by its name, and at the address of the Pod', async () => {
    const server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port: containerPort } = server.address() as AddressInfo
    const surroundings = {
      container: { ports: [{ name: 'main', containerPort }] },
      podIP: '127.0.0.1',
      exec: () => Promise.reject(new Error('not this one')),
    }
    const result = await runProbe({ tcpSocket: { port: 'main' } }, surroundings, NEVER)
    expect(result.outcome).toBe('success')
    await new Promise((resolve) => server.close(resolve))
  })

  it('that cannot be asked is asked again twice', async () => {
    let runs = 0
    const exec = () => {
      runs += 1
      return runs === 3 ? Promise.resolve({ exitCode: 0, output: '' }) : Promise.reject(new Error('not now'))
    }
    const surroundings = { container: {}, podIP: '127.0.0.1', exec }
    const probe = { exec: { command: ['x'] } }
    expect((await runProbe(probe, surroundings, NEVER)).outcome).toBe('success')
    expect(runs).toBe(3)
    const never = { ...surroundings, exec: () => Promise.reject(new Error('never')) }
    expect(await runProbe(probe, never, NEVER)).toEqual({ outcome: 'unknown', message: 'never' })
  })

  it('without anything to do is none', async () => {
    const surroundings = { container: {}, podIP: '', exec: () => Promise.reject(new Error('no')) }
    expect(await runProbe({}, surroundings, NEVER)).toEqual({
      outcome: 'unknown',
      message: 'missing probe handler',
    })
  })
})
