import { cp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses, ROOT } from '../../support/processes.ts'

const CHART = path.join(ROOT, 'test/fixtures/charts/shop')

describe.runIf(hasKubeClients())('helm on a control plane', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
    await cp(CHART, path.join(cluster.home, 'shop'), { recursive: true })
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  const value = (object: string, jsonPath: string) =>
    cluster.ok(`kubectl get ${object} -o jsonpath='{${jsonPath}}'`)

  const history = async (release: string) =>
    (await cluster.json<{ revision: number; status: string }[]>(`helm history ${release} -o json`)).map(
      ({ revision, status }) => `${revision} ${status}`,
    )

  describe('a release', () => {
    it('is installed, with its CRDs and hooks', async () => {
      const text = await cluster.ok('helm install shop shop --wait --timeout=60s')
      expect(text).toContain('STATUS: deployed\nREVISION: 1\n')
      expect(text).toContain('Say hello.\n')
      expect(await value('cm/shop-settings', '.data.greeting')).toBe('hello')
      expect(await value('basket/shop', '.spec.items')).toBe('3')
      expect(await value('svc/shop', '.spec.ports[0].port')).toBe('80')
      expect(await value('cm/shop-pre-install', '.data.revision')).toBe('1')
      expect(await value('cm/shop-post-install', '.data.revision')).toBe('1')
    })

    it('is kept as a Secret of its type', async () => {
      expect(await cluster.ok('kubectl get secrets --field-selector type=helm.sh/release.v1 -o name')).toBe(
        'secret/sh.helm.release.v1.shop.v1\n',
      )
    })

    it('does not come twice', async () => {
      expect(await cluster.run('helm install shop shop')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('cannot reuse a name that is still in use'),
      })
    })

    it('is upgraded', async () => {
      await cluster.ok('helm upgrade shop shop --set greeting=hi --set port=8080 --wait --timeout=60s')
      expect(await value('cm/shop-settings', '.data.greeting')).toBe('hi')
      expect(await value('svc/shop', '.spec.ports[*].port')).toBe('8080')
      expect(await value('cm/shop-post-upgrade', '.data.revision')).toBe('2')
    })

    it('is listed and shown', async () => {
      expect(await cluster.json<unknown>('helm list -o json')).toMatchObject([
        { name: 'shop', namespace: 'default', revision: '2', status: 'deployed', chart: 'shop-0.1.0' },
      ])
      expect(await cluster.json<unknown>('helm status shop -o json')).toMatchObject({
        info: { status: 'deployed' },
      })
      expect(await cluster.ok('helm get manifest shop')).toContain('greeting: "hi"')
      expect(await cluster.json<unknown>('helm get values shop -o json')).toEqual({
        greeting: 'hi',
        port: 8080,
      })
      expect(await history('shop')).toEqual(['1 superseded', '2 deployed'])
    })

    it('says when an upgrade fails, and rolls back by itself if told so', async () => {
      const { status, stderr } = await cluster.run(
        'helm upgrade shop shop --set extraName=Not_Allowed --rollback-on-failure --timeout=60s',
      )
      expect(status).toBe(1)
      expect(stderr).toContain('metadata.name: Invalid value: "Not_Allowed": a lowercase RFC 1123 subdomain')
      expect(await history('shop')).toEqual(['1 superseded', '2 superseded', '3 failed', '4 deployed'])
      expect(await value('cm/shop-settings', '.data.greeting')).toBe('hi')
    })

    it('is rolled back', async () => {
      await cluster.ok('helm rollback shop 1 --wait --timeout=60s')
      expect(await value('cm/shop-settings', '.data.greeting')).toBe('hello')
      expect(await value('svc/shop', '.spec.ports[*].port')).toBe('80')
      expect(await history('shop')).toContain('5 deployed')
    })

    it('takes away what the chart no longer has', async () => {
      await cluster.ok('helm upgrade shop shop --set extraName=shop-extra')
      expect(await cluster.ok('kubectl get cm shop-extra -o name')).toBe('configmap/shop-extra\n')
      await cluster.ok('helm upgrade shop shop --reset-values')
      expect((await cluster.run('kubectl get cm shop-extra')).status).toBe(1)
    })

    it('is tested', async () => {
      await cluster.ok('helm test shop --timeout=60s')
      expect(await cluster.ok('kubectl get cm shop-test -o name')).toBe('configmap/shop-test\n')
    })

    it('is uninstalled, its CRDs staying', async () => {
      expect(await cluster.ok('helm uninstall shop --wait --timeout=60s')).toContain(
        'release "shop" uninstalled\n',
      )
      expect(
        await cluster.ok('kubectl get cm,svc,secrets,baskets -l app.kubernetes.io/managed-by=Helm -o name'),
      ).toBe('')
      expect((await cluster.run('kubectl get cm shop-settings')).status).toBe(1)
      expect(await cluster.ok('kubectl get cm shop-post-delete -o name')).toBe('configmap/shop-post-delete\n')
      expect(await cluster.ok('kubectl get crd -o name')).toBe(
        'customresourcedefinition.apiextensions.k8s.io/baskets.shop.example.com\n',
      )
      expect(await cluster.ok('helm list -q')).toBe('')
    })
  })

  it('only tries with --dry-run=server, and looks up what is there', async () => {
    await cluster.ok('kubectl create configmap found --from-literal=what=treasure')
    const manifest = await cluster.ok('helm template tried shop --dry-run=server')
    expect(manifest).toContain('found: "treasure"')
    expect(manifest).toMatch(/kubernetes: "v1\.\d+\.\d+\+cluster-proxy/)
    expect(manifest).toContain('hasIngress: "true"')
    expect((await cluster.run('kubectl get cm tried-settings')).status).toBe(1)
  })

  it('leaves nothing of an installation that fails, if told so', async () => {
    const { status, stderr } = await cluster.run(
      'helm install broken shop --set extraName=Not_Allowed --rollback-on-failure --timeout=60s',
    )
    expect(status).toBe(1)
    expect(stderr).toContain('Not_Allowed')
    expect(await cluster.ok('helm list -q')).toBe('')
    expect((await cluster.run('kubectl get svc broken')).status).toBe(1)
  })

  it('makes the namespace it is told to', async () => {
    await cluster.ok('helm install elsewhere shop -n market --create-namespace')
    expect(await cluster.ok('kubectl get cm elsewhere-settings -n market -o name')).toBe(
      'configmap/elsewhere-settings\n',
    )
    expect(await cluster.ok('helm list -A -q')).toBe('elsewhere\n')
  })
})
