/* What the columns of a table mean, guessed from their titles in Chinese and English. Pure. */
import type { FixedField } from '../../../../shared/features/customers/customer-schema.ts';
import type { SettingsState } from '../../../../shared/features/customers/settings-schema.ts';
import { fieldsOf } from '../file/fields.ts';
import { t as common } from '../strings.ts';
import { t } from './strings.ts';

/** A field of customers (fixed, or `field:` with the id of one of the company's own), or what else a table tells of them. */
export type Column = FixedField | `field:${string}` | 'tags' | 'stage' | 'source' | 'none';

const titles: Readonly<Record<FixedField | 'tags' | 'stage' | 'source', readonly string[]>> = {
  name: [
    ...['name', 'fullname', 'customer', 'customername', 'client', 'clientname', 'contact', 'contactname'],
    ...[
      '姓名',
      '名称',
      '名字',
      '客户',
      '客户姓名',
      '客户名称',
      '客户名',
      '联系人',
      '联系人姓名',
      '称呼',
      '昵称',
    ],
  ],
  phone: [
    ...[
      'phone',
      'phonenumber',
      'mobile',
      'mobilephone',
      'mobilenumber',
      'tel',
      'telephone',
      'cell',
      'cellphone',
    ],
    ...['电话', '手机', '手机号', '手机号码', '电话号码', '联系电话', '联系方式', '移动电话'],
  ],
  mail: [
    ...['mail', 'email', 'mailaddress', 'emailaddress'],
    ...['邮箱', '邮件', '电子邮箱', '电子邮件', '邮箱地址', '邮件地址'],
  ],
  company: [
    ...['company', 'companyname', 'organisation', 'organization', 'employer', 'firm'],
    ...['公司', '公司名称', '企业', '企业名称', '单位', '所属公司', '所在公司', '工作单位'],
  ],
  remark: [
    ...['remark', 'remarks', 'note', 'notes', 'comment', 'comments', 'memo', 'description'],
    ...['备注', '备注信息', '说明', '描述', '备忘'],
  ],
  tags: ['tag', 'tags', 'label', 'labels', '标签', '客户标签'],
  stage: ['stage', 'status', 'phase', '阶段', '状态', '客户阶段', '销售阶段', '跟进阶段'],
  source: ['source', 'channel', 'origin', 'leadsource', '来源', '渠道', '客户来源', '来源渠道'],
};

const plain = (title: string): string =>
  title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** What each column means; none where it cannot be told, and where another one says the same before it. */
export function guessColumns(head: readonly string[], settings: SettingsState): Column[] {
  const known = new Map<string, Column>();
  for (const [column, words] of Object.entries(titles))
    for (const word of words) known.set(word, column as FixedField);
  // What the company calls its own counts before what is usual.
  for (const { id, name } of Object.values(settings.fields)) known.set(plain(name), `field:${id}`);
  const taken = new Set<Column>();
  return head.map((title) => {
    const column = known.get(plain(title)) ?? 'none';
    if (column === 'none' || taken.has(column)) return 'none';
    taken.add(column);
    return column;
  });
}

/** Everything that a column may mean, as a list offers it. */
export const columnChoices = (settings: SettingsState): { value: Column; label: string }[] => [
  { value: 'none', label: t.leaveOut },
  ...fieldsOf(settings).map(({ id, label }) => ({
    value: (Object.hasOwn(settings.fields, id) ? `field:${id}` : id) as Column,
    label,
  })),
  { value: 'tags', label: common.tags },
  { value: 'stage', label: common.stage },
  { value: 'source', label: t.source },
];
