import { defineStrings, plural } from '../../../i18n/index.ts';

export const t = defineStrings({
  en: {
    title: (p: { count: number }) =>
      plural(p.count, { one: 'Hand over {n} customer', other: 'Hand over {n} customers' }),
    titleAll: 'Hand over all customers of {name}',
    titleMine: 'Hand over all of your customers',
    handOverMine: 'Hand over mine',
    who: 'Who takes them? Several people share them.',
    whoNotYours: (p: { count: number }) =>
      plural(p.count, {
        one: 'Who takes them? {n} of those chosen is not yours and stays.',
        other: 'Who takes them? {n} of those chosen are not yours and stay.',
      }),
    how: 'Files, conversations, follow-ups and open to-dos from them go along. It can be undone for a day.',
    nobody: 'There is nobody else.',
    noneYours: 'None of these customers are yours.',
    share: 'How they are shared',
    turns: 'In turns',
    load: 'Fewest first',
    to: 'To {people}',
    words: 'What each customer reads',
    wordsHelp: '{company}, {from} and {to} become names. Empty says nothing.',
    keep: 'Stay as a helper',
    keepOther: '{name} stays as a helper',
    cancel: 'Cancel',
    close: 'Close',
    back: 'Back',
    next: 'Next',
    handOver: 'Hand over',
    begun: 'The handover has begun.',
    queued: 'It begins as soon as there is a network.',
    look: 'Look',
    taken: (p: { name: string; count: number }) =>
      `${p.name} ${plural(p.count, {
        one: 'handed {n} customer over to you.',
        other: 'handed {n} customers over to you.',
      })}`,

    handovers: 'Handovers',
    text: 'Customers who went from one person to others. Each can be undone for a day.',
    none: 'No handovers yet.',
    noneText:
      'Yours are handed over from here, those of somebody who leaves from their card in the contacts.',
    list: 'Handovers',
    wayOf: '{from} to {to}',
    byOf: 'by {name}',
    waiting: 'Waiting to be sent',
    looking: 'Looking who it is about',
    progress: '{done} of {count}',
    progressLabel: 'Handed over',
    moved: (p: { count: number }) =>
      plural(p.count, { one: '{n} customer handed over', other: '{n} customers handed over' }),
    undoing: 'Undoing: {done} of {count}',
    undone: (p: { count: number }) =>
      plural(p.count, { one: 'Undone: {n} customer is back', other: 'Undone: {n} customers are back' }),
    stayedNotTheirs: (p: { count: number }) =>
      plural(p.count, { one: '{n} belonged to somebody else', other: '{n} belonged to somebody else' }),
    stayedChanged: (p: { count: number }) =>
      plural(p.count, {
        one: '{n} was given on since and stayed',
        other: '{n} were given on since and stayed',
      }),
    stayedDamaged: (p: { count: number }) =>
      plural(p.count, { one: '{n} file is damaged', other: '{n} files are damaged' }),
    stayedNobody: (p: { count: number }) =>
      plural(p.count, { one: '{n} stayed: nobody was there', other: '{n} stayed: nobody was there' }),
    which: 'Which ones',
    undo: 'Undo',
    undoTitle: 'Undo this handover?',
    undoText: 'Customers go back to {name}. Whoever was given on since stays.',
    showMore: 'Show more',

    customersOf: (p: { count: number }) => plural(p.count, { one: '{n} customer', other: '{n} customers' }),
    ofMember: 'Customers',
    left: (p: { count: number }) =>
      plural(p.count, {
        one: '{n} customer would have nobody to answer. Hand them over first, or afterwards from this page.',
        other:
          '{n} customers would have nobody to answer. Hand them over first, or afterwards from this page.',
      }),
    handOverAll: 'Hand over customers',
    linksOf: (p: { count: number }) =>
      plural(p.count, { one: '{n} contact link', other: '{n} contact links' }),
    linksLeft: (p: { count: number }) =>
      plural(p.count, {
        one: '{n} contact link would lead to nobody.',
        other: '{n} contact links would lead to nobody.',
      }),
    linksMoved: (p: { count: number }) =>
      plural(p.count, { one: '{n} contact link went along', other: '{n} contact links went along' }),
    withLinks: (p: { count: number }) =>
      plural(p.count, { one: '{n} contact link goes along', other: '{n} contact links go along' }),
    withLinksHelp: 'Codes that are printed lead to whoever takes the customers.',
  },
  zh: {
    title: (p: { count: number }) => plural(p.count, { other: '移交 {n} 位客户' }),
    titleAll: '移交{name}的全部客户',
    titleMine: '移交我的全部客户',
    handOverMine: '移交我的客户',
    who: '由谁接手？选择多人时会分配给他们。',
    whoNotYours: (p: { count: number }) =>
      plural(p.count, { other: '由谁接手？所选客户中有 {n} 位不归你跟进，不会移交。' }),
    how: '档案、会话、跟进和由会话建立的未完成待办一起移交。一天内可以撤销。',
    nobody: '没有其他人可选。',
    noneYours: '这些客户都不归你跟进。',
    share: '如何分配',
    turns: '轮流',
    load: '客户少者优先',
    to: '交给{people}',
    words: '客户会看到',
    wordsHelp: '{company}、{from}、{to} 会换成名称。留空则不通知。',
    keep: '我继续协助',
    keepOther: '{name}继续协助',
    cancel: '取消',
    close: '关闭',
    back: '上一步',
    next: '下一步',
    handOver: '移交',
    begun: '已开始移交。',
    queued: '联网后开始移交。',
    look: '查看',
    taken: (p: { name: string; count: number }) =>
      `${p.name}${plural(p.count, { other: '把 {n} 位客户移交给了你。' })}`,

    handovers: '客户继承',
    text: '客户在同事之间的移交。每次移交一天内可以撤销。',
    none: '还没有移交。',
    noneText: '在此移交自己的客户；成员离职时，在通讯录中移交其客户。',
    list: '客户继承',
    wayOf: '{from} → {to}',
    byOf: '由{name}发起',
    waiting: '等待发送',
    looking: '正在查找客户',
    progress: '{done} / {count}',
    progressLabel: '移交进度',
    moved: (p: { count: number }) => plural(p.count, { other: '已移交 {n} 位客户' }),
    undoing: '正在撤销：{done} / {count}',
    undone: (p: { count: number }) => plural(p.count, { other: '已撤销，{n} 位客户已归还' }),
    stayedNotTheirs: (p: { count: number }) => plural(p.count, { other: '{n} 位当时由他人跟进' }),
    stayedChanged: (p: { count: number }) => plural(p.count, { other: '{n} 位之后又被移交，保持不变' }),
    stayedDamaged: (p: { count: number }) => plural(p.count, { other: '{n} 份档案已损坏' }),
    stayedNobody: (p: { count: number }) => plural(p.count, { other: '{n} 位无人接手，保持不变' }),
    which: '查看是哪些',
    undo: '撤销',
    undoTitle: '撤销这次移交？',
    undoText: '客户将归还给{name}；之后又被移交的客户保持不变。',
    showMore: '显示更多',

    customersOf: (p: { count: number }) => plural(p.count, { other: '{n} 位客户' }),
    ofMember: '客户',
    left: (p: { count: number }) =>
      plural(p.count, { other: '移除后，{n} 位客户将无人应答。请先移交，也可以之后在此页移交。' }),
    handOverAll: '移交客户',
    linksOf: (p: { count: number }) => plural(p.count, { other: '{n} 个客户链接' }),
    linksLeft: (p: { count: number }) => plural(p.count, { other: '{n} 个客户链接将无人接待。' }),
    linksMoved: (p: { count: number }) => plural(p.count, { other: '{n} 个客户链接已一并移交' }),
    withLinks: (p: { count: number }) => plural(p.count, { other: '一并移交 {n} 个客户链接' }),
    withLinksHelp: '已印出的二维码会转到接手的人。',
  },
});
