import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemConfigIo } from '../../../src/common/config-io.ts'
import {
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../../src/common/controller-flags.ts'
import { sendText } from '../../../src/common/http-endpoints.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { controllerProcess } from '../../../src/main/controller-process.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { kubeconfigOf } from '../../support/pod-fixtures.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

const SPEC = { name: 'test', description: 'It counts.', groups: CONTROLLER_GROUPS }
const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }

describe('a process that consists of controllers', () => {
  let controlPlane: TestControlPlane
  let directory: string
  let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
  let port: number

  beforeAll(async () => {
    controlPlane = await TestControlPlane.start()
    directory = await mkdtemp(path.join(os.tmpdir(), 'controller-process-'))
    kubeconfig = await kubeconfigOf(controlPlane)
    port = await freePort()
  })

  afterAll(async () => {
    await kubeconfig[Symbol.asyncDispose]()
    await controlPlane.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Runs the process until `use` is done, and resolves with what its controller saw. */
  async function running(flags: string[], use: (seen: string[]) => Promise<void>): Promise<string[]> {
    const seen: string[] = []
    const process = controllerProcess<ControllerConfig>({
      spec: SPEC,
      parse: (argv, env, io) => parseControllerConfig(SPEC, argv, env, io),
      lock: 'test-lock',
      setUp: ({ manager, addRoute }) => {
        addRoute('/debug/', (_request, response, { pathname }) => sendText(response, 200, pathname))
        const informer = manager.informers.for(CONFIG_MAPS)
        const controller = manager.controller({
          name: 'seer',
          reconcile: async ({ name }) => {
            seen.push(name)
          },
        })
        controller.watch(informer)
      },
    })
    const stopping = new AbortController()
    const argv = [`--kubeconfig=${kubeconfig.file}`, `--listen=127.0.0.1:${port}`, ...flags]
    const config = parseControllerConfig(SPEC, argv, {}, systemConfigIo)
    const end = process.run(config, { log: silentLogger, signal: stopping.signal })
    await Promise.race([use(seen), end])
    stopping.abort()
    await end
    return seen
  }

  const created = (name: string) =>
    controlPlane.admin.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      body: { metadata: { name } },
    })

  it('works, says that it is well, and shows metrics to those who may see them', async () => {
    await created('first')
    await running(['--disable-leader-election'], async (seen) => {
      await eventually(() => seen).toContain('first')
      expect(await get(port, '/healthz')).toEqual({ status: 200, body: 'ok' })
      expect(await get(port, '/readyz?verbose')).toMatchObject({ status: 200, body: /\[\+\]caches ok/ })
      expect((await get(port, '/metrics')).status).toBe(401)
      expect((await get(port, '/metrics', 'nonsense')).status).toBe(401)
      const token = await tokenOf(controlPlane)
      expect((await get(port, '/metrics', token)).status).toBe(403)
      await allowMetrics(controlPlane)
      await until(async () => {
        return (await get(port, '/metrics', await tokenOf(controlPlane))).status === 200
      }, 'metrics are shown')
      expect((await get(port, '/debug/a/b')).status).toBe(401)
      expect((await get(port, '/debug/a/b', await tokenOf(controlPlane))).status).toBe(403)
      expect((await get(port, '/debug', await tokenOf(controlPlane))).status).toBe(404)
    })
  })

  it('leads before it works, and gives up the lead at its end', async () => {
    const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/test-lock'
    await running(['--namespace=default'], async (seen) => {
      await eventually(() => seen).toContain('first')
      expect((await controlPlane.admin.get(lease)).json.spec.holderIdentity).toContain(os.hostname())
    })
    expect((await controlPlane.admin.get(lease)).json.spec.holderIdentity).toBe('')
  })

  it('says what is missing to lead', async () => {
    await expect(running([], async () => {})).rejects.toThrow('give --namespace')
  })

  it('ends when a file changes that it was told of', async () => {
    const file = path.join(directory, 'watched')
    const never = new Promise<void>(() => {})
    const end = running(['--disable-leader-election', `--terminate-on-files=${file}`], () => never)
    await until(
      async () => (await get(port, '/readyz').catch(() => undefined))?.status === 200,
      'it is ready',
    )
    await writeFile(file, 'changed')
    await end
  })
})

function get(port: number, target: string, token?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const request = https.get(
      { host: '127.0.0.1', port, path: target, rejectUnauthorized: false, agent: false, headers },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      },
    )
    request.on('error', reject)
  })
}

/** A new one each time, of which no answer is remembered. */
async function tokenOf({ admin }: TestControlPlane): Promise<string> {
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await admin.request({ method: 'POST', path: accounts, body: { metadata: { name: 'scraper' } } })
  const reply = await admin.request({ method: 'POST', path: `${accounts}/scraper/token`, body: { spec: {} } })
  return reply.json.status.token
}

async function allowMetrics({ admin }: TestControlPlane): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const metadata = { name: 'scraper' }
  const rules = [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]
  await admin.request({ method: 'POST', path: `${rbac}/clusterroles`, body: { metadata, rules } })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scraper' }
  const subjects = [{ kind: 'ServiceAccount', name: 'scraper', namespace: 'default' }]
  await admin.request({
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: { metadata, roleRef, subjects },
  })
}
