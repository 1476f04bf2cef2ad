import type { Random } from './random.ts';

export type SeedLanguage = 'zh' | 'en';

export interface SeedPerson {
  readonly name: string;
  /** Before the @. */
  readonly mailbox: string;
  readonly post: string;
  readonly about: string;
  readonly language: SeedLanguage;
}

const person = (
  language: SeedLanguage,
  name: string,
  mailbox: string,
  post: string,
  about = '',
): SeedPerson => ({ language, name, mailbox, post, about });

/** The first is the owner, the second an administrator. */
const staff: readonly SeedPerson[] = [
  person('zh', '林慧', 'lin.hui', '总经理', '有事直接说，不用铺垫。'),
  person('en', 'Hannah Brandt', 'hannah.brandt', 'Head of Operations', 'Hamburg. Mornings are best.'),
  person('zh', '陈志远', 'chen.zhiyuan', '研发总监', '周三下午不开会。'),
  person('zh', '王敏', 'wang.min', '销售经理', '华东、华南客户。'),
  person('en', 'Daniel Okafor', 'daniel.okafor', 'Sales, Europe'),
  person('zh', '赵一鸣', 'zhao.yiming', '嵌入式工程师', '固件、低功耗。'),
  person('zh', '刘佳怡', 'liu.jiayi', '产品经理'),
  person('en', 'Sofia Moretti', 'sofia.moretti', 'Product Designer', 'Ask me about the new display.'),
  person('zh', '黄海涛', 'huang.haitao', '采购主管', '交期问题找我。'),
  person('en', 'Tom Whitfield', 'tom.whitfield', 'Field Engineer', 'Usually on the road; text first.'),
  person('zh', '周倩', 'zhou.qian', '人事行政'),
  person('zh', '吴建国', 'wu.jianguo', '生产主管', '二号车间。'),
  person('en', 'Amélie Laurent', 'amelie.laurent', 'Customer Support'),
  person('zh', '孙晓雯', 'sun.xiaowen', '财务'),
  person('en', 'Piotr Zieliński', 'piotr.zielinski', 'Test Engineer', 'If it breaks, I want to know why.'),
  person('zh', '郑凯', 'zheng.kai', '质量工程师'),
  person('zh', '冯雪', 'feng.xue', '客户服务', '工作日 9:00–18:00。'),
  person('en', 'Grace Nakamura', 'grace.nakamura', 'Marketing'),
  person('zh', '何俊杰', 'he.junjie', '前端工程师'),
  person('en', 'Lukas Weber', 'lukas.weber', 'Backend Engineer'),
  person('zh', '马丽', 'ma.li', '仓储物流'),
  person('en', 'Ines Carvalho', 'ines.carvalho', 'Logistics, Europe'),
  person('zh', '邓思远', 'deng.siyuan', '实习生'),
  person('en', 'Oliver Grant', 'oliver.grant', 'Finance'),
];

const surnames =
  '张zhang 李li 王wang 刘liu 陈chen 杨yang 黄huang 吴wu 徐xu 朱zhu 胡hu 郭guo 罗luo 梁liang 宋song 谢xie 唐tang 许xu 韩han 曹cao 曾zeng 彭peng 萧xiao 蔡cai';
const givenNames =
  '子涵zihan 浩然haoran 雨桐yutong 欣怡xinyi 文博wenbo 思琪siqi 建平jianping 丽娜lina 志强zhiqiang 晓东xiaodong 美玲meiling 天宇tianyu 静jing 磊lei 婷ting 勇yong 艳yan 鹏peng 洁jie 斌bin';
const firstNames =
  'Alice Marco Julia Samuel Nora Victor Elena Henrik Chloe Mateo Ingrid Yusuf Laura Stefan Maya Adrian Priya Felix Leila Jonas';
const lastNames =
  'Bennett Fischer Rossi Novak Larsen Dubois Silva Kowalski Murphy Jensen Costa Haddad Wagner Lindqvist Romero Petrov Adeyemi Keller Moreau Byrne';
const postsZh = [
  '销售代表',
  '硬件工程师',
  '软件工程师',
  '测试工程师',
  '装配技师',
  '客户服务',
  '采购专员',
  '项目经理',
  '质检员',
];
const postsEn = [
  'Sales',
  'Engineer',
  'Technician',
  'Support',
  'Project Manager',
  'Quality',
  'Purchasing',
  'Logistics',
];

/** `浩然haoran` as its two spellings. */
const spelled = (list: string): { text: string; latin: string }[] =>
  list.split(' ').map((word) => {
    const at = word.search(/[a-z]/);
    return { text: word.slice(0, at), latin: word.slice(at) };
  });

/** Different mailboxes; the well-known staff first. */
export function seedPeople(random: Random, count: number): SeedPerson[] {
  const people = staff.slice(0, count);
  const mailboxes = new Set(people.map((each) => each.mailbox));
  const [families, given] = [spelled(surnames), spelled(givenNames)];
  while (people.length < count) {
    const language = random.chance(0.6) ? 'zh' : 'en';
    const [family, first] = [random.pick(families), random.pick(given)];
    const [english, last] = [random.pick(firstNames.split(' ')), random.pick(lastNames.split(' '))];
    const name = language === 'zh' ? family.text + first.text : `${english} ${last}`;
    const base = language === 'zh' ? `${family.latin}.${first.latin}` : `${english}.${last}`.toLowerCase();
    let mailbox = base;
    for (let n = 2; mailboxes.has(mailbox); n++) mailbox = `${base}${n}`;
    mailboxes.add(mailbox);
    people.push(person(language, name, mailbox, random.pick(language === 'zh' ? postsZh : postsEn)));
  }
  return people;
}
