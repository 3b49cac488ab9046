import { expect, it } from 'vitest'
import { instructions } from '../../../src/main/quickstart/instructions.ts'

it('can be pasted, also where folders have spaces in their names', () => {
  const dir = '/tmp/my folder'
  const file = (name: string) => `${dir}/${name}`
  const text = instructions({
    root: '/home/me/my checkout',
    node: '/opt/my node/bin/node',
    proxyPort: 8090,
    frontend: { caFile: file('ca'), certificateFile: file('crt'), privateKeyFile: file('key') },
    endpoints: [
      { name: 'c1', host: '127.64.0.1', port: 6443, caFile: file('c1.crt') },
      { name: 'c2', host: '127.65.0.1', port: 6443, caFile: file('c2.crt') },
    ],
    dir,
  })
  expect(text).toContain(
    `--proxy-cacert '${dir}/ca' \\\n  --proxy-cert '${dir}/crt' --proxy-key '${dir}/key' \\\n`,
  )
  expect(text).toContain(`--cacert '${dir}/c1.crt' https://c1:6443/healthz\n`)
  expect(text).toContain(`\n'/opt/my node/bin/node' --input-type=module <<'EOF'\n`)
})
