import type { DepartmentId } from '../../shared/base/ids.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import type { Colleague, Office } from './office.ts';
import type { Random } from './random.ts';

interface Branch {
  readonly name: string;
  /** Found in the posts of those who work there. */
  readonly posts: RegExp;
  readonly under?: readonly Branch[];
}

/** Whoever fits nowhere works in the last one. The first of each is its lead. */
const tree: readonly Branch[] = [
  {
    name: '研发中心 R&D',
    posts: /研发|产品|Product/,
    under: [
      { name: '嵌入式与硬件 Hardware', posts: /嵌入式|硬件|Field Engineer|Technician/ },
      { name: '软件 Software', posts: /前端|软件|Backend|^Engineer$|实习/ },
      { name: '测试与质量 Quality', posts: /测试|质量|质检|Test|Quality/ },
    ],
  },
  { name: '市场与销售 Sales', posts: /销售|Sales|Marketing/ },
  {
    name: '生产与供应 Operations',
    posts: /生产|装配|Operations|项目经理|Project/,
    under: [{ name: '采购与物流 Supply', posts: /采购|仓储|物流|Purchasing|Logistics/ }],
  },
  { name: '客户服务 Support', posts: /客户服务|Support/ },
  { name: '综合管理 Administration', posts: /./ },
];

interface Made {
  readonly branch: Branch;
  readonly id: DepartmentId;
  readonly lead: Colleague | undefined;
}

/** The tree of departments with the people in it, each under the lead of their department; leads under the first of all. */
export async function addDepartments(
  office: Office,
  people: readonly Colleague[],
  random: Random,
): Promise<void> {
  const [owner] = people;
  if (!owner) return;
  const directory = office.room('directory', directoryRoomId);
  const left = new Set(people.slice(1));
  const grow = async (branches: readonly Branch[], above: Made | null): Promise<void> => {
    for (const [order, branch] of branches.entries()) {
      const id = random.id() as DepartmentId;
      const parent = above?.id ?? null;
      const members = [...left].filter(({ post }) => branch.posts.test(post) && !isBelow(branch, post));
      for (const each of members) left.delete(each);
      const made: Made = { branch, id, lead: members[0] };
      await office.command(owner, directory, 'department.create', {
        department: id,
        name: branch.name,
        parent,
        order,
      });
      if (made.lead)
        await office.command(owner, directory, 'department.change', {
          department: id,
          lead: made.lead.member,
        });
      if (members.length > 0)
        await office.command(owner, directory, 'member.place', {
          members: members.map(({ member }) => member),
          main: id,
        });
      for (const each of members) {
        const superior = each === made.lead ? (above?.lead ?? owner) : made.lead!;
        await office.command(owner, directory, 'member.edit', {
          member: each.member,
          superior: superior.member,
        });
      }
      await grow(branch.under ?? [], made);
    }
  };
  await grow(tree, null);
}

const isBelow = ({ under }: Branch, post: string): boolean =>
  (under ?? []).some(({ posts }) => posts.test(post));
