"""Words that say nothing about what a text is about, in four languages; single letters that are words too."""

from __future__ import annotations

from models.text.folding import fold

# As people write to each other, where it is no word of its own in the other languages either.
_PT_CHAT = """
vc vcs vces ce ces q oq oque pq pqe tb tbm ta tao to tou ne ai dai ali aqui ca la num nuns duma pro pros pras
qd qdo qto qtos qnt qnto hj ja mt mto mta eh soh naum nao n s msm ngm algm cmg ctg vms vo tah
"""
_EN_CHAT = """
u ur r ya yall wanna gonna gotta im ive youre dont doesnt didnt cant wont isnt arent whats wheres hows
theres
"""
_FR_CHAT = """
jai cest ya jsuis chui ct vs ds pr ke ki koi qd tt ts bcp pk pcq ms
"""
_ES_CHAT = """
q k xq pq tb tmb pa ta toy cn tmbn qe ke
"""

_PT = """
a à às ao aos aquela aquelas aquele aqueles aquilo as até com como contra cuja cujas cujo cujos da daquela
daquele das de dela delas dele deles demais desde dessa dessas desse desses desta destas deste destes disse
disso disto do dos durante e é ela elas ele eles em enquanto entre era eram éramos essa essas esse esses esta
está estamos estão estar estas estava estavam este esteja estejam estes esteve estive estou eu foi fomos for
foram fora fosse fossem fui há haja hão haver havia hei houve isso isto já lá lhe lhes lo la los las logo mais
mas me mesma mesmas mesmo mesmos meu meus minha minhas muito muita muitos muitas na nas nem nessa nessas nesse
nesses nesta nestas neste nestes ninguém no nos nós nossa nossas nosso nossos num numa não o onde os ou outra
outras outro outros para pela pelas pelo pelos pois por porém porque porquê pra pro quais qual qualquer quando
quanta quantas quanto quantos que quê quem se seja sejam sem sendo ser será serão seria seriam seu seus si
sido sim sob sobre só somos sou sua suas são também tão tal tais tem tém têm temos tenha tenham tenho ter terá
terão teria teve ti tido tinha tinham tive toda todas todo todos tu tua tuas tudo teu teus um uma umas uns vai
vão você vocês vos vou pode podem posso poder deve devem dever faz fazer fazem faço fazia feito feita ir dá
dar dão ainda assim então apenas além através cada caso conforme dentro segundo ante após antes depois aonde
etc
"""
_EN = """
a about above after again against all also am an and any are aren as at be because been before being below
between both but by can cannot could couldn d did didn do does doesn doing don down during each either etc few
for from further had hadn has hasn have haven having he her here hers herself him himself his how however i if
in into is isn it its itself just ll m ma many may me might more most much must my myself no nor not now of
off often on once one only or other others our ours ourselves out over own per re s same shall shan she should
shouldn since so some such t than that the their theirs them themselves then there these they this those
through thus to too under until up upon us ve very was wasn we were weren what when where whether which while
who whom whose why will with within without won would wouldn yet you your yours yourself yourselves
"""
_FR = """
a à afin ai aie aient ainsi alors as assez au aucun aucune auquel aura aurai aurait aussi autre autres aux
auxquels auxquelles avaient avais avait avant avec avez avoir avons ayant bien c ça car ce ceci cela celle
celles celui cependant ces cet cette ceux chaque chez ci combien comme comment d dans de dehors déjà depuis
derrière des dès desquels desquelles dessous dessus deux devant doit doivent donc dont du duquel durant elle
elles en encore entre es est et êtes étaient étais était étant été être eu eux faire fait faites fois font furent
fut hors ici il ils j je jusqu jusque l la là laquelle le lequel les lesquels lesquelles leur leurs lorsque
lui m ma mais malgré me même mêmes mes mien moi moins mon n ne ni non nos notre nous on ont or ou où oui par
parce parmi pas pendant peu peut peuvent plus plusieurs pour pourquoi pourra pourrait pouvoir près puis
puisque qu quand que quel quelle quelles quels quelque quelques qui quoi quoique s sa sans sauf se sera serait
seront ses si sien soi soient soit sommes son sont sous suis sur t ta tandis tant te tel telle telles tels tes
toi ton toujours tous tout toute toutes très tu un une va vers voici voilà vont vos votre vous vu y
"""
_ES = """
a al algo algún alguna algunas alguno algunos ante antes aquel aquella aquellas aquellos aquí así aun aún
aunque bajo bien cada casi como cómo con contra cual cuál cuales cuáles cualquier cuando cuándo cuanta cuánta
cuantas cuánto cuanto cuántos cuantos cuya cuyo cuyas cuyos da de debe deben del desde después donde dónde dos
durante e el él ella ellas ello ellos en entonces entre era eran eres es esa esas ese eso esos esta está
estaba estaban estado están estar estas este esté esto estos estoy etc fue fueron fui ha haber había habían
hace hacen hacer hacia han hasta hay he hemos incluso la las le les lo los luego más mas me mediante mi mí mis
mientras mismo misma mismos mismas mucha muchas mucho muchos muy nada ni no nos nosotros nuestra nuestras
nuestro nuestros nunca o os otra otras otro otros para pero poco por porque qué pues puede pueden podría que
quien quién quienes quiénes sea sean según ser será serán sería se si sí sido sin siempre sino sobre sois solo
sólo somos son soy su sus suya suyo tal tales también tampoco tan tanto te tenemos tener tengo tenía ti tiene
tienen toda todas todavía todo todos tras tu tú tus u un una unas uno unos usted ustedes va vamos van vosotros
vuestra vuestro y ya yo
"""

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(fold(word) for word in listed.split())
    for language, listed in {
        "pt": f"{_PT} {_PT_CHAT}",
        "en": f"{_EN} {_EN_CHAT}",
        "fr": f"{_FR} {_FR_CHAT}",
        "es": f"{_ES} {_ES_CHAT}",
    }.items()
}
