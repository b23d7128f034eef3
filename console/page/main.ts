import './styles/page.css';
import { html, render } from 'htm/preact';
import { Activity } from './activity/activity.ts';
import { Break } from './break/break.ts';
import { Drop } from './drop/drop.ts';
import { Flow } from './flow/flow.ts';
import { Banner } from './header/banner.ts';
import { Header } from './header/header.ts';
import { startTheme } from './header/theme.ts';
import { Letters } from './letters/letters.ts';
import { announcement, connection, start } from './state.ts';
import { startTip, Tip } from './tip.ts';

function Page() {
  return html`
    <a class="skip" href="#letters">Skip to what needs you</a>
    <${Header} />
    <${Banner} />
    <main class="page ${connection.value === 'gone' ? 'old' : ''}">
      <${Flow} />
      <div class="rail"><${Letters} /><${Activity} /><${Break} /></div>
      <div class="pair">
        <section class="panel calendar" id="calendar"><header><h2>Calendar</h2></header></section>
        <section class="panel chart" id="chart"><header><h2>Chart</h2></header></section>
      </div>
      <section class="panel rows" id="rows"><header><h2>Rows</h2></header></section>
    </main>
    <${Drop} />
    <${Tip} />
    <div class="unseen" aria-live="polite">${announcement}</div>`;
}

startTheme();
render(html`<${Page} />`, document.body);
startTip();
start();
