import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'

it('tells servers beside it whom they may believe who a client is', async () => {
  const server = await TestControlPlane.start()
  const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'
  const { data } = (await server.admin.get(path)).json as { data: Record<string, string> }
  const {
    'client-ca-file': clientCa = '',
    'requestheader-client-ca-file': frontProxyCa = '',
    ...names
  } = data
  expect(new X509Certificate(clientCa).ca).toBe(true)
  expect(new X509Certificate(frontProxyCa)).toMatchObject({ ca: true, subject: 'CN=front-proxy-ca' })
  expect(frontProxyCa).not.toBe(clientCa)
  expect(names).toEqual({
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  })
  await server.close()
})
