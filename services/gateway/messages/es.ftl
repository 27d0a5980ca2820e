# Las frases de las respuestas de Stackwise; cómo se escribe un idioma está dicho en `en.ftl`.

## Por qué aparece una credencial

because_completed = Porque completó { $credentials }
because_viewed = Porque consultó { $credentials }
similar_learners = Personas con un recorrido como el suyo siguieron con ella
trending = Muchas personas la están cursando ahora
closes_skill_gap = Enseña { $skills }, que es lo que busca
    .occupation = Enseña { $skills }, que { $occupation } requiere
teaches_related_skills = Se apoya en sus competencias: { $skills }
builds_on = Se apoya en { $credentials }, que ya tiene o cursa antes
fits_history = Encaja con lo que ha hecho hasta ahora
high_value = Su valor está bien acreditado
    .agent = { $kind ->
        [accredits] Acreditada por { $agent }
        [approves] Aprobada por { $agent }
        [endorses] Respaldada por { $agent }
        [recognizes] Reconocida por { $agent }
       *[other] Avalada por { $agent }
    }
ranked_by_value = Está aquí por lo que se sabe de su valor
free_for_you = No le cuesta nada una vez descontadas las ayudas
leads_to_occupation = Conduce a { $occupation }
new_credential = Publicada recientemente
successor_of = Sustituye a { $credentials }, que ya no se ofrece
discovery = Algo distinto del resto de su lista

## Qué conviene saber antes de cursarla

regulated_occupation = { $occupation } es una profesión regulada: primero hace falta una licencia, las microcredenciales son complementarias
    .regulator = { $occupation } es una profesión regulada: primero hace falta una licencia (pregunte a { $regulator }), las microcredenciales son complementarias
check_regulator = { $occupation } suele ser una profesión regulada y no tenemos ningún registro: consulte al organismo regulador
no_regulation_record = No tenemos ningún registro de si { $occupation } es una profesión regulada donde usted vive
no_skill_data = No tenemos datos sobre las competencias que { $occupation } requiere
no_outcome_data = Sin datos de resultados
unknown_cost = No se conoce su coste
ceasing = Dejará de ofrecerse pronto

## En qué se basa su valor

value_accredits = { $strength ->
    [expired] La acreditación por { $agent } no está vigente
    [self_claimed] Dice estar acreditada por { $agent }
   *[other] Acreditada por { $agent }
}
value_approves = { $strength ->
    [expired] La aprobación por { $agent } no está vigente
    [self_claimed] Dice estar aprobada por { $agent }
   *[other] Aprobada por { $agent }
}
value_recognizes = { $strength ->
    [expired] El reconocimiento por { $agent } no está vigente
    [self_claimed] Dice estar reconocida por { $agent }
   *[other] Reconocida por { $agent }
}
value_endorses = { $strength ->
    [expired] El respaldo por { $agent } no está vigente
    [self_claimed] Dice estar respaldada por { $agent }
   *[other] Respaldada por { $agent }
}
value_assessed = Con evaluación
    .type = Con evaluación: { $type }
value_employment = El { NUMBER($share, style: "percent") } tiene empleo (n = { $n })
value_completion = El { NUMBER($share, style: "percent") } la completa (n = { $n })
value_earnings = Ingresos de { $earnings } al año por encima de la referencia (n = { $n })
value_earnings_lower = Ingresos de { $earnings } al año por debajo de la referencia (n = { $n })
value_earnings_level = Ingresos de { $earnings } al año; sin referencia con la que compararlos (n = { $n })
value_outcome_suppressed = { $kind ->
    [completion] Muy pocas personas para mostrar cuántas la completan
    [earnings] Muy pocas personas tituladas para mostrar sus ingresos
   *[employment] Muy pocas personas tituladas para mostrar cuántas tienen empleo
}
value_no_outcome_data = Sin datos de resultados

## Por qué termina un itinerario

stopped_covered = El itinerario cubre lo que la meta requiere
stopped_diminishing_returns = Más credenciales de este tipo aportarían amplitud, no profundidad
stopped_budget = Lo que queda del presupuesto no alcanza para otro paso
stopped_time = El tiempo que queda no alcanza para otro paso
stopped_max_steps = El itinerario tiene tantos pasos como pidió
stopped_nothing_feasible = Ninguna credencial posible enseña lo que falta
stopped_licence_first = Primero hace falta una licencia; estos pasos son complementarios
traditional_route = { $occupation } es una profesión regulada: primero hace falta una licencia, las microcredenciales son complementarias
    .licences = { $occupation } es una profesión regulada: primero hay que obtener { $licences }, las microcredenciales son complementarias

## El menor cambio con el que algo sería posible

would_fit = { $admits ->
    [one] sería posible una credencial
   *[other] serían posibles { $admits } credenciales
}
relax_max_cost = Con cualquier coste { would_fit }
    .money = Con un gasto de { $money } { would_fit }
relax_max_hours = Con cualquier duración { would_fit }
    .hours = Con { $hours ->
        [one] { $hours } hora
       *[other] { $hours } horas
    } en total { would_fit }
relax_time = Con más tiempo { would_fit }
    .weeks = Con { $weeks ->
        [one] { $weeks } semana
       *[other] { $weeks } semanas
    } de plazo { would_fit }
relax_delivery = Con cualquier modalidad { would_fit }
    .delivery = En modalidad { $delivery } { would_fit }
relax_languages = En cualquier idioma { would_fit }
    .languages = En { $languages } { would_fit }
relax_region = En otras regiones { would_fit }
delivery_online = en línea
delivery_in_person = presencial
delivery_blended = mixta
