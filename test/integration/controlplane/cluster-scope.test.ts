import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'

const APPLY = 'application/apply-patch+yaml'
const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles'

/** Tools write the namespace that they work in into all that they make. */
const role = (name: string, rules: object[] = []) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, namespace: 'somewhere' },
  rules,
})

let server: TestControlPlane
beforeAll(async () => {
  server = await TestControlPlane.start()
})
afterAll(() => server.close())

it('takes what is in no namespace also when it says that it is in one, and keeps it in none', async () => {
  const replies = [
    await server.admin.post(ROLES, role('posted')),
    await server.admin.put(`${ROLES}/posted`, role('posted', [{ verbs: ['get'], nonResourceURLs: ['/a'] }])),
    await server.admin.patch(`${ROLES}/applied?fieldManager=one`, role('applied'), APPLY),
    await server.admin.patch(`${ROLES}/posted`, { metadata: { namespace: 'elsewhere' } }),
    await server.admin.get(`${ROLES}/posted`),
    await server.admin.get(`${ROLES}/applied`),
  ]
  expect(replies.map(({ status }) => status)).toEqual([201, 200, 201, 200, 200, 200])
  for (const { json } of replies) expect(json.metadata).not.toHaveProperty('namespace')
})

it('takes nothing for one namespace that says that it is in another', async () => {
  const body = { metadata: { name: 'a', namespace: 'elsewhere' } }
  const { status, json } = await server.admin.post('/api/v1/namespaces/default/configmaps', body)
  expect([status, json.message]).toEqual([
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ])
})
