import { randomInt } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { readKubeconfig } from '../../src/kube/access/kubeconfig.ts'
import { ApiClient } from '../support/api-client.ts'
import { ControlPlaneProcess } from '../support/control-plane-process.ts'
import { endProcesses } from '../support/processes.ts'
import { Follower } from './controlplane-crash/follower.ts'
import { CONFIG_MAPS, Ledger, MARKER, NAMESPACE } from './controlplane-crash/ledger.ts'

/** `npm run chaos` asks for more. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 10)
const MARKER_PATH = `${CONFIG_MAPS}/${MARKER}`
const WRITERS = 16
const ROUND_MS = 30_000

afterAll(endProcesses)

it(
  'keeps all that it has acknowledged when it is killed, and watchers miss nothing',
  async () => {
    const server = await ControlPlaneProcess.start()
    const { tls } = await readKubeconfig([server.kubeconfig])
    const newClient = () => new ApiClient(new URL(`https://127.0.0.1:${server.port}`), tls)
    let client = newClient()
    await client.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } })
    await client.post(CONFIG_MAPS, { metadata: { name: MARKER } })
    const ledger = new Ledger()
    const follower = new Follower()
    follower.follow(client)

    for (let round = 0; round < ROUNDS; round++) {
      const enough = ledger.acknowledgements + randomInt(50, 500)
      const killAtLast = () => {
        if (ledger.acknowledgements === enough) server.process.kill('SIGKILL')
      }
      const writer = client
      await Promise.all(Array.from({ length: WRITERS }, () => ledger.write(writer, killAtLast)))
      await follower.ended()
      client.close()
      await server.restart()
      client = newClient()
      expect(ledger.settle((await client.get(CONFIG_MAPS)).json)).toEqual([])
      follower.follow(client)
      const { json: marker } = await client.put(MARKER_PATH, {
        metadata: { name: MARKER },
        data: { round: String(round) },
      })
      await follower.reached(Number(marker.metadata.resourceVersion))
      expect(follower.matches((await client.get(CONFIG_MAPS)).json)).toBe(true)
      if (follower.relists === 0)
        expect([...ledger.revisions].filter((each) => !follower.revisions.has(each))).toEqual([])
    }
    client.close()
    await server.dispose()
  },
  ROUNDS * ROUND_MS,
)
