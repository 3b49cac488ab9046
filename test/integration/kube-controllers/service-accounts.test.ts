import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inParallel } from '../../../src/common/in-parallel.ts'
import {
  type AnyObject,
  AUTHORITY,
  CONFIG_MAPS,
  ControllersBench,
  NAMESPACES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from './controllers-bench.ts'

const ROOT_CA = 'kube-root-ca.crt'
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start()
})

afterAll(() => bench.close())

const untilAccount = (namespace: string) =>
  bench.until(SERVICE_ACCOUNTS, { namespace }, (accounts) => accounts.has(`${namespace}/default`))
const untilRootCa = (namespace: string, isAsWanted = (object: AnyObject) => object.data !== undefined) =>
  bench.until(CONFIG_MAPS, { namespace }, (objects) => {
    const object = objects.get(`${namespace}/${ROOT_CA}`)
    return object !== undefined && isAsWanted(object)
  })
const tokenSecret = (namespace: string, name: string, account: string) =>
  bench.resource(SECRETS).create({
    metadata: { namespace, name, annotations: { [ACCOUNT_NAME]: account } },
    type: 'kubernetes.io/service-account-token',
  } as unknown as AnyObject)

describe('each namespace', () => {
  it('has a default account and the root CA, from the beginning and when it is made', async () => {
    await bench.createNamespace('fresh')
    for (const namespace of ['default', 'kube-system', 'fresh']) {
      await untilAccount(namespace)
      const objects = await untilRootCa(namespace)
      expect(objects.get(`${namespace}/${ROOT_CA}`)).toMatchObject({
        metadata: {
          annotations: { 'kubernetes.io/description': expect.stringMatching(/^Contains a CA bundle/) },
        },
        data: { 'ca.crt': (await AUTHORITY).certificatePem },
      })
    }
  })

  it('gets them again when somebody deletes or changes them, also while nobody looks', async () => {
    const pem = (await AUTHORITY).certificatePem
    const isRight = ({ data }: AnyObject) => data['ca.crt'] === pem && Object.keys(data).length === 1
    await bench.createNamespace('harmed')
    await untilAccount('harmed')
    await untilRootCa('harmed')
    await bench.resource(SERVICE_ACCOUNTS).delete({ namespace: 'harmed', name: 'default' })
    await untilAccount('harmed')
    const body = { data: { 'ca.crt': 'no certificate', other: 'x' } }
    await bench.resource(CONFIG_MAPS).patch({ namespace: 'harmed', name: ROOT_CA }, { type: 'merge', body })
    await untilRootCa('harmed', isRight)
    await bench.stopControllers()
    await bench.resource(CONFIG_MAPS).delete({ namespace: 'harmed', name: ROOT_CA })
    await bench.resource(SERVICE_ACCOUNTS).delete({ namespace: 'harmed', name: 'default' })
    await bench.startControllers()
    await untilRootCa('harmed', isRight)
    await untilAccount('harmed')
  })

  it('has them among a hundred others', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `one-of-many-${index}`)
    await inParallel(names, 16, (name) => bench.createNamespace(name))
    await bench.until(SERVICE_ACCOUNTS, {}, (all) => names.every((name) => all.has(`${name}/default`)))
    await bench.until(CONFIG_MAPS, {}, (all) => names.every((name) => all.has(`${name}/${ROOT_CA}`)))
    await inParallel(names, 16, async (name) => {
      await bench.resource(NAMESPACES).delete({ name })
    })
    await bench.untilGone(NAMESPACES, ...names)
  }, 120_000)
})

describe('the Secret for a token', () => {
  it('is filled in, and gone with its account', async () => {
    await bench.createNamespace('tokens')
    const account = await bench
      .resource(SERVICE_ACCOUNTS)
      .create({ metadata: { namespace: 'tokens', name: 'robot' } })
    await tokenSecret('tokens', 'robot-token', 'robot')
    const secrets = await bench.until(SECRETS, { namespace: 'tokens' }, (objects) =>
      Boolean(objects.get('tokens/robot-token')?.data?.token),
    )
    expect(secrets.get('tokens/robot-token')).toMatchObject({
      metadata: { annotations: { [ACCOUNT_NAME]: 'robot', [ACCOUNT_UID]: account.metadata.uid } },
      data: {
        namespace: Buffer.from('tokens').toString('base64'),
        token: Buffer.from(`token of ${account.metadata.uid}`).toString('base64'),
      },
    })
    await bench.resource(SERVICE_ACCOUNTS).delete({ namespace: 'tokens', name: 'robot' })
    await bench.untilGone(SECRETS, 'tokens/robot-token')
  })

  it('is deleted when there is no such account, and keeps a token that it has', async () => {
    await bench.createNamespace('more-tokens')
    await untilAccount('more-tokens')
    await tokenSecret('more-tokens', 'of-nobody', 'nobody')
    await bench.untilGone(SECRETS, 'more-tokens/of-nobody')
    await bench.resource(SECRETS).create({
      metadata: { namespace: 'more-tokens', name: 'own', annotations: { [ACCOUNT_NAME]: 'default' } },
      type: 'kubernetes.io/service-account-token',
      data: { token: 'b3du', 'ca.crt': 'b2xk' },
    } as unknown as AnyObject)
    const secrets = await bench.until(SECRETS, { namespace: 'more-tokens' }, (objects) =>
      Boolean(objects.get('more-tokens/own')?.data?.namespace),
    )
    expect(secrets.get('more-tokens/own')?.data).toMatchObject({
      token: 'b3du',
      'ca.crt': Buffer.from((await AUTHORITY).certificatePem).toString('base64'),
    })
  })
})
